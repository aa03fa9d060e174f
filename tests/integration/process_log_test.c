/* The log of a process: one that nobody reads, one of JSON alone, and one in a file. */
#include "support/cluster.h"
#include "support/http_client.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUESTS = 1500 };

/*
 * Starts musterd with stderr on a pipe that nobody reads. A shell opens the pipe, by its name, so that
 * the support code can start it like any program.
 */
static pid_t
start_on_pipe(struct cluster *c, const char *pipe, int port)
{
	const char *argv[] = { "sh", "-c", "exec \"$@\" 2>\"$0\"", pipe, musterd_path(), "-redis",
		c->url, "-log-level", "debug", "-port", fmt("%d", port), NULL };

	return process_start((char *const *)(uintptr_t)argv, fmt("%s/pipe.log", c->dir));
}

static void
a_reader_of_stderr_that_stalls_holds_up_nothing(void **state)
{
	struct cluster *c = *state;
	const char *path = fmt("%s/pipe", c->dir);
	int port = unused_port(), fd, i;
	struct http_client client;
	struct http_response r;
	pid_t pid;

	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	pid = start_on_pipe(c, path, port);
	wait_status(port, "/readyz", 200, PROCESS_WAIT_MS);
	assert_true(http_client_open(&client, "127.0.0.1", port));
	for (i = 0; i < REQUESTS; i++) {
		assert_true(http_client_call(&client, "GET", "/livez", NULL, &r));
		assert_int_equal(r.status, 200);
		http_response_fini(&r);
	}
	http_client_close(&client);
	kill(pid, SIGTERM);
	assert_int_equal(process_wait(pid, PROCESS_WAIT_MS), 0);
	close(fd);
}

/* Expects that each line is a JSON object with a message, and one of them says `text`. Frees `log`. */
static void
check_all_json(char *log, const char *text)
{
	char *line = log, *end;
	bool found = false;

	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		json_t *v = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
		const char *message = json_string_value(json_object_get(v, "message"));

		*end = '\0';
		if (message == NULL)
			fail_msg("not JSON: %s", line);
		found = found || strstr(message, text) != NULL;
		json_decref(v);
	}
	assert_string_equal(line, "");
	if (!found)
		fail_msg("no line says: %s", text);
	free(log);
}

static void
a_json_log_holds_json_alone(void **state)
{
	struct cluster *c = *state;
	struct musterd *m;
	char *text;

	/* With this, libevent writes a line at each start. */
	setenv("EVENT_SHOW_METHOD", "1", 1);
	m = musterd_start(c, "-log-format", "json", "-log-level", "debug", "-cluster", "n1");
	unsetenv("EVENT_SHOW_METHOD");
	assert_int_equal(musterd_end(m), 0);
	check_all_json(file_read(m->log), "libevent using: ");
	check_all_json(file_read(m->log), "ending: ");
	/* Failures at the start, before and after all options are known. */
	assert_int_equal(
	    musterd_run((const char *[]){ "-log-format=json", "-port", "x", NULL }, &text), 2);
	check_all_json(text, "port: 'x' is not a whole number");
	assert_int_equal(
	    musterd_run((const char *[]){ "-bogus", "1", "-log-format=json", NULL }, &text), 2);
	check_all_json(text, "there is no option '-bogus'");
	setenv("MUSTER_LOG_FORMAT", "json", 1);
	assert_int_equal(musterd_run((const char *[]){ "-advertise", "a b", NULL }, &text), 2);
	unsetenv("MUSTER_LOG_FORMAT");
	check_all_json(text, "advertise: 'a b' is not host or host:port");
}

static bool
file_says(void *arg)
{
	const char *const *path_and_text = arg;
	char *text = file_read(path_and_text[0]);
	bool says = strstr(text, path_and_text[1]) != NULL;

	free(text);
	return says;
}

static void
wait_file_says(const char *path, const char *text)
{
	const char *path_and_text[] = { path, text };

	if (!poll_until(file_says, path_and_text, PROCESS_WAIT_MS))
		fail_msg("%s does not say: %s", path, text);
}

static void
sighup_opens_the_log_file_anew_and_does_nothing_else(void **state)
{
	struct cluster *c = *state;
	char log[160], old[160];
	int port = unused_port();
	const char *argv[] = { musterd_path(), "-redis", c->url, "-port", fmt("%d", port),
		"-log-file", log, "-cluster", "n1", NULL };
	long long term;
	pid_t pid;

	snprintf(log, sizeof(log), "%s/own", c->dir);
	snprintf(old, sizeof(old), "%s/own.1", c->dir);
	pid = process_start((char *const *)(uintptr_t)argv, fmt("%s/start.log", c->dir));
	wait_status(port, "/readyz", 200, PROCESS_WAIT_MS);
	term = get_int(
	    wait_json(port, "/api/cluster/leader", "leader_id", "\"n1\"", API_WAIT_MS), "term");
	wait_file_says(log, " listens on ");
	assert_int_equal(rename(log, old), 0);
	kill(pid, SIGHUP);
	wait_file_says(log, "main: the log file was opened anew");
	/* A file that cannot be opened is told in the old one. */
	assert_int_equal(rename(log, old), 0);
	assert_int_equal(mkdir(log, 0700), 0);
	kill(pid, SIGHUP);
	wait_file_says(old, fmt("log-file: %s: Is a directory", log));
	assert_int_equal(rmdir(log), 0);
	kill(pid, SIGHUP);
	wait_file_says(log, "main: the log file was opened anew");
	assert_true(get_int(api(port, 200, "GET", "/api/cluster/leader", NULL), "term") == term);
	kill(pid, SIGTERM);
	assert_int_equal(process_wait(pid, PROCESS_WAIT_MS), 0);
	wait_file_says(log, "ending: Terminated");
}

static void
what_a_full_disk_did_not_take_is_written_later(void **state)
{
	struct cluster *c = *state;
	char log[160];
	int port = unused_port();
	const char *argv[] = { musterd_path(), "-redis", c->url, "-port", fmt("%d", port),
		"-log-file", log, NULL };
	pid_t pid;

	snprintf(log, sizeof(log), "%s/own", c->dir);
	assert_int_equal(symlink("/dev/full", log), 0);
	pid = process_start((char *const *)(uintptr_t)argv, fmt("%s/start.log", c->dir));
	wait_status(port, "/readyz", 200, PROCESS_WAIT_MS);
	api(port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"n\"}");
	assert_int_equal(unlink(log), 0);
	kill(pid, SIGHUP);
	wait_file_says(log, " listens on ");
	wait_file_says(log, "audit: change ");
	process_kill(pid);
}

static void
sighup_without_a_log_file_does_nothing(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start_plain(c);

	kill(m->pid, SIGHUP);
	assert_true(
	    musterd_says(m, "main: Hangup: there is no log-file to open anew", API_WAIT_MS));
	api(m->port, 200, "GET", "/readyz", NULL);
	assert_int_equal(musterd_end(m), 0);
}

int
main(void)
{
	const struct CMUnitTest process_log[] = {
		cluster_test(a_reader_of_stderr_that_stalls_holds_up_nothing),
		cluster_test(a_json_log_holds_json_alone),
		cluster_test(sighup_opens_the_log_file_anew_and_does_nothing_else),
		cluster_test(what_a_full_disk_did_not_take_is_written_later),
		cluster_test(sighup_without_a_log_file_does_nothing),
	};

	return test_program(process_log);
}
