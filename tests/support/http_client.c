/*
 * The tests' HTTP client. Invariant: `in` from in_start to in_len holds what was received after the
 * last response that was returned, followed by a NUL.
 */
#include "support/http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Waits until the socket is ready for `events`. Returns false at `deadline`. */
static bool
wait_for(struct http_client *c, short events, long deadline)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	long left;

	while ((left = deadline - now_ms()) > 0) {
		int n = poll(&p, 1, (int)left);

		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
	return false;
}

static bool
connect_to(struct http_client *c, const struct sockaddr *address, socklen_t len)
{
	int error = 0;
	socklen_t size = sizeof(error);

	c->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return false;
	if (connect(c->fd, address, len) == 0)
		return true;
	return errno == EINPROGRESS && wait_for(c, POLLOUT, now_ms() + c->timeout_ms) &&
	    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

bool
http_client_open(struct http_client *c, const char *host, int port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	*c = (struct http_client){ .fd = -1, .timeout_ms = HTTP_CLIENT_TIMEOUT_MS };
	v4.sin_port = v6.sin6_port = htons((unsigned short)port);
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
		return connect_to(c, (struct sockaddr *)&v4, sizeof(v4));
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
		return connect_to(c, (struct sockaddr *)&v6, sizeof(v6));
	return false;
}

void
http_client_close(struct http_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->in);
	c->fd = -1;
	c->in = NULL;
	c->in_start = c->in_len = c->in_size = 0;
}

void
http_client_reset(struct http_client *c)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (c->fd >= 0)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	http_client_close(c);
}

void
http_client_shutdown(struct http_client *c)
{
	shutdown(c->fd, SHUT_WR);
}

bool
http_client_send(struct http_client *c, const void *data, size_t len)
{
	long deadline = now_ms() + c->timeout_ms;
	const char *at = data;

	while (len > 0) {
		ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL);

		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
			return false;
		} else if (!wait_for(c, POLLOUT, deadline)) {
			return false;
		}
	}
	return true;
}

bool
http_client_send_str(struct http_client *c, const char *s)
{
	return http_client_send(c, s, strlen(s));
}

/* Receives more. Returns 1, 0 at the end of file, or -1 on an error or at the deadline. */
static int
receive(struct http_client *c, long deadline)
{
	enum { STEP = 65536 };
	char *grown;
	ssize_t n;

	if (!wait_for(c, POLLIN, deadline))
		return -1;
	if (c->in_start > 0) {
		c->in_len -= c->in_start;
		memmove(c->in, c->in + c->in_start, c->in_len);
		c->in_start = 0;
	}
	if (c->in_len + STEP + 1 > c->in_size) {
		c->in_size = 2 * c->in_len + STEP + 1;
		grown = realloc(c->in, c->in_size);
		if (grown == NULL)
			return -1;
		c->in = grown;
	}
	n = recv(c->fd, c->in + c->in_len, STEP, 0);
	if (n <= 0)
		return n == 0 ? 0 : -1;
	c->in_len += (size_t)n;
	c->in[c->in_len] = '\0';
	return 1;
}

/* The value and the length of the header `name` in the lines before `end`; NULL if there is
 * none. */
static const char *
find_header(const char *lines, const char *end, const char *name, size_t *len)
{
	size_t name_len = strlen(name);

	while (lines < end) {
		const char *eol = memmem(lines, (size_t)(end - lines), "\r\n", 2);

		if (eol == NULL)
			return NULL;
		if (strncasecmp(lines, name, name_len) == 0 && lines[name_len] == ':') {
			lines += name_len + 1;
			lines += strspn(lines, " \t");
			while (eol > lines && (eol[-1] == ' ' || eol[-1] == '\t'))
				eol--;
			*len = (size_t)(eol - lines);
			return lines;
		}
		lines = eol + 2;
	}
	return NULL;
}

static char *
copy(const char *s, size_t len)
{
	char *out = malloc(len + 1);

	if (out != NULL) {
		memcpy(out, s, len);
		out[len] = '\0';
	}
	return out;
}

static bool
read_response(struct http_client *c, struct http_response *r, bool head)
{
	long deadline = now_ms() + c->timeout_ms;
	const char *start, *end, *lines, *value;
	size_t head_len, len;

	*r = (struct http_response){ 0 };
	while (c->in == NULL ||
	    (end = memmem(c->in + c->in_start, c->in_len - c->in_start, "\r\n\r\n", 4)) == NULL)
		if (receive(c, deadline) <= 0)
			return false;
	start = c->in + c->in_start;
	if (strncmp(start, "HTTP/1.1 ", 9) != 0)
		return false;
	r->status = (int)strtol(start + 9, NULL, 10);
	lines = start + strcspn(start, "\r") + 2;
	end += 2;
	head_len = (size_t)(end - start) + 2;
	r->headers = copy(lines, end > lines ? (size_t)(end - lines) : 0);
	value = find_header(lines, end, "Content-Length", &len);
	r->body_len = value != NULL && !head ? strtoul(value, NULL, 10) : 0;
	value = find_header(lines, end, "Connection", &len);
	r->close = value != NULL && len == 5 && strncasecmp(value, "close", 5) == 0;
	while (c->in_len - c->in_start < head_len + r->body_len)
		if (receive(c, deadline) <= 0) {
			http_response_fini(r);
			return false;
		}
	r->body = copy(c->in + c->in_start + head_len, r->body_len);
	c->in_start += head_len + r->body_len;
	return r->headers != NULL && r->body != NULL;
}

bool
http_client_read(struct http_client *c, struct http_response *r)
{
	return read_response(c, r, false);
}

bool
http_client_read_head(struct http_client *c, struct http_response *r)
{
	return read_response(c, r, true);
}

bool
http_client_closed(struct http_client *c)
{
	return c->in_len == c->in_start && receive(c, now_ms() + c->timeout_ms) == 0;
}

bool
http_client_call(struct http_client *c, const char *method, const char *path, const char *body,
    struct http_response *r)
{
	size_t body_len = body != NULL ? strlen(body) : 0;
	size_t size = strlen(method) + strlen(path) + body_len + 128;
	char *text = malloc(size);
	bool sent;
	int n;

	*r = (struct http_response){ 0 };
	if (text == NULL)
		return false;
	n = snprintf(text, size, "%s %s HTTP/1.1\r\nHost: test\r\n", method, path);
	if (body != NULL)
		n += snprintf(text + n, size - (size_t)n,
		    "Content-Type: application/json\r\nContent-Length: %zu\r\n", body_len);
	n += snprintf(text + n, size - (size_t)n, "\r\n%s", body != NULL ? body : "");
	sent = http_client_send(c, text, (size_t)n);
	free(text);
	return sent && read_response(c, r, strcmp(method, "HEAD") == 0);
}

bool
http_call(int port, const char *method, const char *path, const char *body, struct http_response *r)
{
	struct http_client c;
	bool good;

	*r = (struct http_response){ 0 };
	good =
	    http_client_open(&c, "127.0.0.1", port) && http_client_call(&c, method, path, body, r);
	http_client_close(&c);
	return good;
}

const char *
http_response_header(struct http_response *r, const char *name)
{
	const char *value;
	size_t len;

	if (r->headers == NULL)
		return NULL;
	value = find_header(r->headers, r->headers + strlen(r->headers), name, &len);
	if (value == NULL)
		return NULL;
	free(r->value);
	r->value = copy(value, len);
	return r->value;
}

void
http_response_fini(struct http_response *r)
{
	free(r->headers);
	free(r->body);
	free(r->value);
	*r = (struct http_response){ 0 };
}
