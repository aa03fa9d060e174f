/* Clusters. Their files are in folders of the program's folder, which are numbered. */
#include "support/cluster.h"

#include "support/sanitizer.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPTIONS_MAX = 48 };

static int serial; /* numbers clusters and processes, so that each has its own log */

const char *
musterd_path(void)
{
	static char path[4096];
	const char *given = getenv("MUSTERD"), *build = getenv("BUILD");

	if (given != NULL)
		return given;
	snprintf(path, sizeof(path), "%s/musterd", build != NULL ? build : "build");
	return path;
}

static bool
redis_answers(void *arg)
{
	struct cluster *c = arg;
	redisContext *r = redisConnectUnix(c->socket);
	redisReply *reply = r != NULL && r->err == 0 ? redisCommand(r, "PING") : NULL;
	bool good = reply != NULL && reply->type == REDIS_REPLY_STATUS;

	freeReplyObject(reply);
	redisFree(r);
	return good;
}

void
redis_start(struct cluster *c)
{
	char log[128];
	char *argv[] = { "redis-server", "--port", "0", "--unixsocket", c->socket, "--dir", c->dir,
		"--save", "", "--appendonly", c->appendonly ? "yes" : "no", "--appendfsync",
		"always", "--maxclients", "512", "--enable-debug-command", "yes", "--daemonize",
		"no", NULL };

	snprintf(log, sizeof(log), "%s/redis.log", c->dir);
	c->redis = process_start(argv, log);
	assert_true(c->redis > 0);
	assert_true(poll_until(redis_answers, c, PROCESS_WAIT_MS));
}

static bool
is_loading(void *arg)
{
	const struct musterd *m = arg;
	json_t *p = NULL, *v;

	if (api_try(m->port, "GET", "/readyz", NULL, &p) != 503)
		return false;
	v = json_find(p, "reasons.redis");
	return json_is_string(v) && strstr(json_string_value(v), "LOADING") != NULL;
}

void
redis_start_slowly(struct cluster *c, const struct musterd *m)
{
	char *argv[] = { "redis-server", "--port", "0", "--unixsocket", c->socket, "--dir", c->dir,
		"--save", "", "--key-load-delay", "20000",
		"--loading-process-events-interval-bytes", "1024", NULL };

	redis_do(c, "SAVE");
	redis_kill(c);
	c->redis = process_start(argv, fmt("%s/redis.log", c->dir));
	assert_true(c->redis > 0);
	assert_true(poll_until(is_loading, (void *)(uintptr_t)m, API_WAIT_MS));
}

void
redis_end(struct cluster *c)
{
	kill(c->redis, SIGTERM);
	assert_int_equal(process_wait(c->redis, PROCESS_WAIT_MS), 0);
	c->redis = 0;
}

void
redis_kill(struct cluster *c)
{
	process_kill(c->redis);
	c->redis = 0;
}

int
unused_port(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	close(fd);
	return ntohs(sa.sin_port);
}

int
redis_on_tcp(struct cluster *c)
{
	int port = unused_port();

	redis_do(c, fmt("CONFIG SET port %d", port));
	return port;
}

static bool
says(void *arg)
{
	const char *const *log_and_text = arg;
	char *text = file_read(log_and_text[0]);
	bool yes = strstr(text, log_and_text[1]) != NULL;

	free(text);
	return yes;
}

bool
musterd_says(const struct musterd *m, const char *text, long ms)
{
	const char *log_and_text[] = { m->log, text };

	return poll_until(says, log_and_text, ms);
}

static const char *
reply_text(const redisReply *r)
{
	const char *text = "";
	size_t i;

	if (r->type == REDIS_REPLY_INTEGER)
		return fmt("%lld", r->integer);
	if (r->type != REDIS_REPLY_ARRAY)
		return fmt("%s", r->str != NULL ? r->str : "");
	for (i = 0; i < r->elements; i++)
		text = fmt("%s%s%s", text, i > 0 ? " " : "", reply_text(r->element[i]));
	return text;
}

const char *
redis_do(struct cluster *c, const char *command)
{
	redisContext *r = redisConnectUnix(c->socket);
	redisReply *reply = r != NULL && r->err == 0 ? redisCommand(r, command) : NULL;
	const char *text = reply != NULL ? reply_text(reply) : NULL;
	bool good = reply != NULL && reply->type != REDIS_REPLY_ERROR;

	freeReplyObject(reply);
	redisFree(r);
	if (!good)
		print_error("redis: %s: %s\n", command, text != NULL ? text : "no reply");
	assert_true(good);
	return text;
}

int
cluster_setup(void **state)
{
	struct cluster *c = calloc(1, sizeof(*c));
	char own[80];

	assert_non_null(c);
	*state = c;
	snprintf(own, sizeof(own), "%s/%d", test_dir(), ++serial);
	assert_int_equal(mkdir(own, 0700), 0);
	snprintf(c->dir, sizeof(c->dir), "%s", own);
	snprintf(c->socket, sizeof(c->socket), "%s/redis.sock", own);
	snprintf(c->url, sizeof(c->url), "unix://%s/redis.sock", own);
	redis_start(c);
	return 0;
}

/*
 * Sends SIGTERM to those that still run, and waits for their ends. Returns whether each ended with
 * status 0, which shows that it neither crashed nor leaked.
 */
static bool
end_all(struct cluster *c)
{
	bool good = true;
	int i;

	for (i = 0; i < c->n; i++)
		if (c->musterd[i].pid > 0) {
			/* First, for a SIGCONT would disturb the LeakSanitizer, which uses SIGSTOP. */
			process_thaw(c->musterd[i].pid);
			kill(c->musterd[i].pid, SIGTERM);
		}
	for (i = 0; i < c->n; i++) {
		struct musterd *m = &c->musterd[i];
		int status = m->pid > 0 ? process_wait(m->pid, PROCESS_WAIT_MS) : 0;

		if (status != 0)
			print_error("musterd %d ended with status %d\n", i, status);
		if (status < 0)
			process_kill(m->pid);
		good = good && status == 0;
	}
	return good;
}

int
cluster_teardown(void **state)
{
	struct cluster *c = *state;
	bool good;

	api_reset();
	good = end_all(c);
	process_kill(c->redis);
	free(c);
	assert_true(good);
	assert_false(sanitizer_reported());
	return 0;
}

struct start {
	struct musterd *m;
	int exit;
};

/* Reads the port from "… listens on http://HOST:PORT, …". */
static bool
listens(void *arg)
{
	struct start *s = arg;
	char *text = file_read(s->m->log);
	const char *at = strstr(text, " listens on http://");

	if (at != NULL && (at = strchr(at, ',')) != NULL) {
		while (at[-1] >= '0' && at[-1] <= '9')
			at--;
		s->m->port = (int)strtol(at, NULL, 10);
	}
	free(text);
	if (s->m->port == 0)
		s->exit = process_wait(s->m->pid, 0);
	return s->m->port != 0 || s->exit >= 0;
}

struct musterd *
musterd_start_with(struct cluster *c, bool ready, const char *const options[])
{
	const char *argv[OPTIONS_MAX] = { musterd_path(), "-port", "0", "-redis", c->url };
	struct musterd *m = &c->musterd[c->n];
	struct start s = { .m = m, .exit = -1 };
	int i;

	assert_true(c->n < MUSTERD_MAX);
	for (i = 0; options[i] != NULL && i + 6 < OPTIONS_MAX; i++)
		argv[5 + i] = options[i];
	*m = (struct musterd){ 0 };
	snprintf(m->log, sizeof(m->log), "%s", fmt("%s/musterd-%d.log", c->dir, ++serial));
	m->pid = process_start((char *const *)(uintptr_t)argv, m->log);
	assert_true(m->pid > 0);
	c->n++;
	if (!poll_until(listens, &s, PROCESS_WAIT_MS) || s.exit >= 0) {
		print_error("musterd does not listen; exit status %d\n", s.exit);
		m->pid = s.exit >= 0 ? 0 : m->pid;
		fail();
	}
	if (ready)
		wait_status(m->port, "/readyz", 200, PROCESS_WAIT_MS);
	return m;
}

void
musterd_kill(struct musterd *m)
{
	int status;

	kill(m->pid, SIGKILL);
	status = process_wait(m->pid, PROCESS_WAIT_MS);
	m->pid = 0;
	assert_int_equal(status, PROCESS_KILLED + SIGKILL);
}

int
musterd_end(struct musterd *m)
{
	int status;

	kill(m->pid, SIGTERM);
	status = process_wait(m->pid, PROCESS_WAIT_MS);
	if (status >= 0)
		m->pid = 0;
	return status;
}

int
musterd_run(const char *const options[], char **text)
{
	const char *argv[OPTIONS_MAX] = { musterd_path() };
	char log[128];
	int i, status;
	pid_t pid;

	for (i = 0; options[i] != NULL && i + 2 < OPTIONS_MAX; i++)
		argv[1 + i] = options[i];
	snprintf(log, sizeof(log), "%s/run-%d.log", test_dir(), ++serial);
	pid = process_start((char *const *)(uintptr_t)argv, log);
	assert_true(pid > 0);
	status = process_wait(pid, PROCESS_WAIT_MS);
	if (status < 0)
		process_kill(pid);
	*text = file_read(log);
	return status;
}
