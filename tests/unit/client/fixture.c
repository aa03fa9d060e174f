/* The scripted front-end: one thread accepts connections, and one more serves each connection. */
#include "fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 65536 };

struct connection {
	struct server *server;
	int fd;
	size_t slot;
};

static bool
is_ending(struct server *s)
{
	bool ending;

	pthread_mutex_lock(&s->lock);
	ending = s->ending;
	pthread_mutex_unlock(&s->lock);
	return ending;
}

/* Waits until there is something to read. Returns false when the server stops. */
static bool
readable(struct server *s, int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	while (!is_ending(s))
		if (poll(&p, 1, 20) > 0)
			return true;
	return false;
}

/* Reads one request, to be freed. Returns NULL at the end of the connection. */
static char *
read_request(struct server *s, int fd)
{
	char *text = calloc(1, REQUEST_MAX), *end = NULL;
	size_t len = 0, want = REQUEST_MAX - 1;

	while (len < want && readable(s, fd)) {
		ssize_t n = recv(fd, text + len, want - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
		if (end == NULL && (end = strstr(text, "\r\n\r\n")) != NULL)
			want = (size_t)(end + 4 - text) +
			    strtoul(header_of(text, "Content-Length"), NULL, 10);
	}
	if (end != NULL && len >= want)
		return text;
	free(text);
	return NULL;
}

static struct step *
take_step(struct server *s, char *request)
{
	static struct step none = { "",
		(char *)"HTTP/1.1 500 Unexpected\r\nContent-Length: 0\r\n\r\n", CUT, true };
	struct step *found = &none;
	size_t i;

	pthread_mutex_lock(&s->lock);
	if (s->n_requests < REQUESTS_MAX)
		s->requests[s->n_requests++] = request;
	for (i = 0; i < s->n_steps && found == &none; i++)
		if (!s->steps[i].used &&
		    strncmp(request, s->steps[i].begin, strlen(s->steps[i].begin)) == 0)
			found = &s->steps[i];
	found->used = true;
	while (found->act == HANG && !s->go && !s->ending)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return found;
}

static void
send_all(int fd, const char *text)
{
	send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void *
serve(void *arg)
{
	struct connection *c = arg;
	struct server *s = c->server;
	char *request;

	while ((request = read_request(s, c->fd)) != NULL) {
		struct step *step = take_step(s, request);

		send_all(c->fd, step->answer);
		if (step->act == CUT)
			break;
		if (step->act != STREAM)
			continue;
		pthread_mutex_lock(&s->lock);
		s->stream = c->fd;
		pthread_cond_broadcast(&s->changed);
		pthread_mutex_unlock(&s->lock);
	}
	pthread_mutex_lock(&s->lock);
	if (s->stream == c->fd)
		s->stream = -1;
	close(c->fd);
	pthread_mutex_unlock(&s->lock);
	free(c);
	api_reset();
	return NULL;
}

static void *
accept_all(void *arg)
{
	struct server *s = arg;

	while (readable(s, s->fd)) {
		struct connection *c = calloc(1, sizeof(*c));

		c->server = s;
		c->fd = accept(s->fd, NULL, NULL);
		if (c->fd < 0 || s->n_connections == CONNECTIONS_MAX)
			abort();
		pthread_create(&s->connections[s->n_connections++], NULL, serve, c);
	}
	return NULL;
}

void
server_start(struct server *s)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);

	memset(s, 0, sizeof(*s));
	s->stream = -1;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(s->fd, 64), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sa, &len), 0);
	s->port = ntohs(sa.sin_port);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", s->port);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	assert_int_equal(pthread_create(&s->thread, NULL, accept_all, s), 0);
}

void
server_stop(struct server *s)
{
	bool missing = false;
	size_t i;

	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	for (i = 0; i < s->n_connections; i++)
		pthread_join(s->connections[i], NULL);
	close(s->fd);
	for (i = 0; i < s->n_steps; i++) {
		if (!s->steps[i].used)
			print_error("it never came: %s\n", s->steps[i].begin);
		missing |= !s->steps[i].used;
		free(s->steps[i].begin);
		free(s->steps[i].answer);
	}
	for (i = 0; i < s->n_requests; i++)
		free(s->requests[i]);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	assert_false(missing);
}

void
server_expect(struct server *s, const char *begin, enum act act, const char *answer)
{
	pthread_mutex_lock(&s->lock);
	assert_true(s->n_steps < STEPS_MAX);
	s->steps[s->n_steps++] = (struct step){ strdup(begin), strdup(answer), act, false };
	pthread_mutex_unlock(&s->lock);
}

const char *
json_answer(int status, const char *json)
{
	return fmt("HTTP/1.1 %d Status\r\nContent-Type: application/%s\r\nContent-Length: %zu\r\n"
	           "X-Cluster-Index: 5-%d\r\n\r\n%s",
	    status, status < 400 ? "json" : "problem+json", strlen(json), status, json);
}

void
server_json(struct server *s, const char *begin, int status, const char *json)
{
	server_expect(s, begin, ANSWER, json_answer(status, json));
}

void
server_problem(struct server *s, const char *begin, int status, const char *code)
{
	server_json(s, begin, status,
	    fmt("{\"type\":\"about:blank\",\"title\":\"t\",\"status\":%d,\"detail\":\"d of %s\","
	        "\"code\":\"%s\",\"retryable\":%s}",
	        status, code, code, status >= 500 ? "true" : "false"));
}

void
server_stream(struct server *s, const char *begin, const char *position)
{
	server_expect(s, begin, STREAM,
	    fmt("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n%s%s%s",
	        position != NULL ? ": here\nid: " : "", position != NULL ? position : "",
	        position != NULL ? "\n\n" : ""));
}

/* Waits for `changed`. Fails the test at the deadline. The caller holds the lock. */
static void
wait_change(struct server *s, long deadline)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 20000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&s->changed, &s->lock, &until);
	if (now_ms() < deadline)
		return;
	pthread_mutex_unlock(&s->lock);
	fail_msg("what was waited for did not come");
}

void
server_wait_stream(struct server *s)
{
	long deadline = now_ms() + WAIT_MS;

	pthread_mutex_lock(&s->lock);
	while (s->stream < 0)
		wait_change(s, deadline);
	pthread_mutex_unlock(&s->lock);
}

void
server_push(struct server *s, const char *text)
{
	server_wait_stream(s);
	pthread_mutex_lock(&s->lock);
	send_all(s->stream, text);
	pthread_mutex_unlock(&s->lock);
}

void
server_cut(struct server *s)
{
	server_wait_stream(s);
	pthread_mutex_lock(&s->lock);
	shutdown(s->stream, SHUT_RDWR);
	s->stream = -1;
	pthread_mutex_unlock(&s->lock);
}

void
server_go(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	s->go = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

size_t
server_count(struct server *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->n_requests;
	pthread_mutex_unlock(&s->lock);
	return n;
}

const char *
server_wait(struct server *s, size_t n)
{
	long deadline = now_ms() + WAIT_MS;
	const char *request;

	pthread_mutex_lock(&s->lock);
	while (s->n_requests < n)
		wait_change(s, deadline);
	request = s->requests[n - 1];
	pthread_mutex_unlock(&s->lock);
	return request;
}

const char *
header_of(const char *request, const char *name)
{
	const char *line = strstr(request, "\r\n");
	size_t len = strlen(name);

	for (; line != NULL && line[2] != '\r'; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':')
			return fmt("%.*s", (int)strcspn(line + 4 + len, "\r"), line + 4 + len);
	return "";
}

const char *
body_of(const char *request)
{
	return strstr(request, "\r\n\r\n") + 4;
}
