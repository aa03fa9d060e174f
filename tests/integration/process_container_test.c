/* What a process meets in a container: children that it did not start, few descriptors, service links. */
#include "support/cluster.h"
#include "support/http_client.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DESCRIPTORS = 128, CLIENTS = 200, SQUEEZE_MS = 1000 };

/* Starts musterd from a shell script, which ends with exec "$@". */
static pid_t
start_from(struct cluster *c, const char *script, const char *arg, int port)
{
	const char *argv[] = { "sh", "-c", fmt("%s\nexec \"$@\"", script), arg, musterd_path(),
		"-redis", c->url, "-port", fmt("%d", port), NULL };

	return process_start((char *const *)(uintptr_t)argv, fmt("%s/musterd.log", c->dir));
}

static bool
has_no_children(void *arg)
{
	char path[64], *text;
	bool none;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", *(pid_t *)arg, *(pid_t *)arg);
	text = file_read(path);
	none = *text == '\0';
	free(text);
	return none;
}

static void
children_of_others_are_reaped(void **state)
{
	struct cluster *c = *state;
	const char *path = fmt("%s/pipe", c->dir);
	int port = unused_port(), fd;
	pid_t pid;

	assert_int_equal(mkfifo(path, 0600), 0);
	/* One has ended before musterd starts, or soon after; another one reads the pipe. */
	pid = start_from(c, "(exit 0) & cat \"$0\" >/dev/null &", path, port);
	wait_status(port, "/readyz", 200, PROCESS_WAIT_MS);
	assert_false(has_no_children(&pid));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	assert_true(poll_until(has_no_children, &pid, PROCESS_WAIT_MS));
	kill(pid, SIGTERM);
	assert_int_equal(process_wait(pid, PROCESS_WAIT_MS), 0);
}

/* A sample of /metrics that has no labels. */
static double
metric(int port, const char *name)
{
	struct http_response r;
	const char *at;
	double value;

	assert_true(http_call(port, "GET", "/metrics", NULL, &r));
	at = strstr(r.body, fmt("\n%s ", name));
	assert_non_null(at);
	value = strtod(at + strlen(name) + 2, NULL);
	http_response_fini(&r);
	return value;
}

static void
the_limit_of_descriptors_is_raised(void **state)
{
	struct cluster *c = *state;
	int port = unused_port();
	pid_t pid = start_from(c, "ulimit -Sn 64; ulimit -Hn 512", "sh", port);

	wait_status(port, "/readyz", 200, PROCESS_WAIT_MS);
	assert_true(metric(port, "process_max_fds") == 512);
	process_kill(pid);
}

struct squeeze {
	struct http_client client; /* was there before the others */
	int status;
};

static bool
is_status(void *arg)
{
	struct squeeze *s = arg;
	struct http_response r;
	int status;

	assert_true(http_client_call(&s->client, "GET", "/readyz", NULL, &r));
	status = r.status;
	http_response_fini(&r);
	return status == s->status;
}

static bool
never(void *arg)
{
	struct squeeze *s = arg;
	struct http_response r;

	assert_true(http_client_call(&s->client, "GET", "/livez", NULL, &r));
	http_response_fini(&r);
	return false;
}

/* The kernel accepts more clients than the process can take: they are after each free descriptor. */
static void
idle_clients_leave_descriptors_for_redis(void **state)
{
	struct cluster *c = *state;
	int port = unused_port(), i;
	pid_t pid = start_from(c, fmt("ulimit -n %d", DESCRIPTORS), "sh", port);
	struct http_client idle[CLIENTS];
	struct squeeze s = { .status = 200 };

	wait_status(port, "/readyz", 200, PROCESS_WAIT_MS);
	assert_true(http_client_open(&s.client, "127.0.0.1", port));
	assert_true(poll_until(is_status, &s, PROCESS_WAIT_MS));
	for (i = 0; i < CLIENTS; i++)
		assert_true(http_client_open(&idle[i], "127.0.0.1", port));
	redis_kill(c);
	s.status = 503;
	assert_true(poll_until(is_status, &s, PROCESS_WAIT_MS));
	/* They have the time to take the descriptor that the connection to Redis had. */
	poll_until(never, &s, SQUEEZE_MS);
	redis_start(c);
	s.status = 200;
	assert_true(poll_until(is_status, &s, PROCESS_WAIT_MS));
	for (i = 0; i < CLIENTS; i++)
		http_client_close(&idle[i]);
	http_client_close(&s.client);
	process_kill(pid);
}

static void
a_service_named_muster_does_not_stop_the_start(void **state)
{
	struct cluster *c = *state;
	int port = unused_port();
	const char *path = fmt("%s/muster.json", c->dir);
	const char *argv[] = { musterd_path(), "-redis", c->url, "-config", path, NULL };
	pid_t pid;

	assert_true(file_write(path, fmt("{\"port\":%d}", port)));
	setenv("MUSTER_PORT", "tcp://10.96.0.7:8151", 1);
	setenv("MUSTER_PORT_8151_TCP", "tcp://10.96.0.7:8151", 1);
	setenv("MUSTER_SERVICE_HOST", "10.96.0.7", 1);
	pid = process_start((char *const *)(uintptr_t)argv, fmt("%s/musterd.log", c->dir));
	unsetenv("MUSTER_PORT");
	unsetenv("MUSTER_PORT_8151_TCP");
	unsetenv("MUSTER_SERVICE_HOST");
	wait_status(port, "/readyz", 200, PROCESS_WAIT_MS);
	process_kill(pid);
}

int
main(void)
{
	const struct CMUnitTest process_container[] = {
		cluster_test(children_of_others_are_reaped),
		cluster_test(the_limit_of_descriptors_is_raised),
		cluster_test(idle_clients_leave_descriptors_for_redis),
		cluster_test(a_service_named_muster_does_not_stop_the_start),
	};

	return test_program(process_container);
}
