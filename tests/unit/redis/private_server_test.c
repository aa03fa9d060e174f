/* The private redis-server: it starts, keeps its data, and never outlives its parent. */
#include "redis/private_server.h"

#include "support/cluster.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *
dir_of(const char *name)
{
	return fmt("%s/%s", test_dir(), name);
}

static void
start(struct private_server *s, const char *dir)
{
	char why[512] = "";

	if (private_server_start(s, dir, why, sizeof(why)) != ERR_OK)
		fail_msg("%s", why);
}

static void
check_refused(const char *dir, const char *expected)
{
	struct private_server s;
	char why[512] = "";

	assert_int_equal(private_server_start(&s, dir, why, sizeof(why)), ERR_STORE_UNAVAILABLE);
	assert_non_null(strstr(why, expected));
	assert_true(strncmp(why, "data-dir: ", 10) == 0);
	assert_int_equal(s.pid, 0);
	assert_null(s.path);
	assert_int_equal(s.lock, -1);
}

struct question {
	const char *dir, *command;
	char reply[128]; /* "" if nobody answers */
};

/* Sends the command once. False while the server still loads its data. */
static bool
is_answered(void *arg)
{
	struct question *q = arg;
	char path[256];
	redisContext *r;
	redisReply *reply;

	snprintf(path, sizeof(path), "%s/redis.sock", q->dir);
	r = redisConnectUnix(path);
	reply = r != NULL && r->err == 0 ? redisCommand(r, q->command) : NULL;
	snprintf(q->reply, sizeof(q->reply), "%s",
	    reply == NULL            ? ""
	        : reply->str == NULL ? "(nil)"
	                             : reply->str);
	freeReplyObject(reply);
	redisFree(r);
	return strncmp(q->reply, "LOADING", 7) != 0;
}

/* Sends a command to the server in `dir`. Returns its reply as text, "" if nobody answers. */
static const char *
ask(const char *dir, const char *command)
{
	struct question q = { .dir = dir, .command = command };

	assert_true(poll_until(is_answered, &q, PROCESS_WAIT_MS));
	return fmt("%s", q.reply);
}

static bool
is_silent(void *arg)
{
	struct question q = { .dir = arg, .command = "PING" };

	return is_answered(&q) && *q.reply == '\0';
}

static void
it_starts_in_a_directory_that_it_makes(void **state)
{
	struct private_server s;
	const char *dir = dir_of("made");
	struct stat st;

	(void)state;
	start(&s, dir);
	assert_string_equal(s.path, fmt("%s/redis.sock", dir));
	assert_string_equal(ask(dir, "PING"), "PONG");
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	private_server_stop(&s);
	assert_string_equal(ask(dir, "PING"), "");
	assert_int_equal(s.pid, 0);
	assert_null(s.path);
}

/* After it is stopped there is no such child process, and stopping it again does nothing. */
static void
stop_waits_for_its_end(void **state)
{
	struct private_server s;
	pid_t pid;

	(void)state;
	start(&s, dir_of("ends"));
	pid = s.pid;
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	private_server_stop(&s);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	private_server_stop(&s);
}

static void
data_outlive_a_restart(void **state)
{
	struct private_server s;
	const char *dir = dir_of("kept");

	(void)state;
	start(&s, dir);
	assert_string_equal(ask(dir, "SET k v"), "OK");
	private_server_stop(&s);
	start(&s, dir);
	assert_string_equal(ask(dir, "GET k"), "v");
	private_server_stop(&s);
}

static void
a_directory_in_use_is_refused_until_it_is_free(void **state)
{
	struct private_server first, second;
	const char *dir = dir_of("busy");

	(void)state;
	start(&first, dir);
	check_refused(dir, "in use by another process");
	assert_string_equal(ask(dir, "PING"), "PONG");
	private_server_stop(&first);
	start(&second, dir);
	assert_string_equal(ask(dir, "PING"), "PONG");
	private_server_stop(&second);
}

static void
a_path_too_long_for_a_socket_is_refused(void **state)
{
	enum { SOCKET_MAX = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1 };
	size_t room = SOCKET_MAX - strlen("/redis.sock") - strlen(dir_of(""));
	struct private_server s;
	char name[128];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[room + 1] = '\0';
	check_refused(dir_of(name), "the path is too long for a unix socket");
	name[room] = '\0';
	start(&s, dir_of(name));
	assert_int_equal(waitpid(s.pid, NULL, WNOHANG), 0);
	private_server_stop(&s);
}

static void
a_directory_that_cannot_be_used_is_refused(void **state)
{
	const char *file = dir_of("file");

	(void)state;
	assert_true(file_write(file, ""));
	check_refused(file, "Not a directory");
	check_refused(dir_of("no/such/parent"), "No such file or directory");
}

static void
a_server_that_cannot_be_started_is_told_of(void **state)
{
	char *path = strdup(getenv("PATH"));
	struct private_server s;

	(void)state;
	setenv("PATH", "/nowhere", 1);
	check_refused(dir_of("none"), "redis-server: No such file or directory");
	setenv("PATH", path, 1);
	free(path);
	/* The directory is free again. */
	start(&s, dir_of("none"));
	private_server_stop(&s);
}

/* Runs in a child process: starts a server, reports it through the pipe, and waits. */
static pid_t
parent_start(const char *dir)
{
	int ends[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct private_server s;
		char why[512];

		if (private_server_start(&s, dir, why, sizeof(why)) != ERR_OK ||
		    write(ends[1], "y", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

static void
it_ends_when_its_parent_is_killed_and_keeps_its_data(void **state)
{
	struct private_server s;
	char dir[128];
	pid_t parent;
	bool ended;

	(void)state;
	snprintf(dir, sizeof(dir), "%s", dir_of("orphan"));
	parent = parent_start(dir);
	assert_string_equal(ask(dir, "SET k v"), "OK");
	process_kill(parent);
	ended = poll_until(is_silent, dir, PROCESS_WAIT_MS);
	if (!ended)
		ask(dir, "SHUTDOWN NOSAVE");
	assert_true(ended);
	start(&s, dir);
	assert_string_equal(ask(dir, "GET k"), "v");
	private_server_stop(&s);
}

/* A new server waits for an old one that is still saving its data. */
static void
it_may_be_started_again_at_once(void **state)
{
	const char *dir = dir_of("again");
	struct private_server s;
	pid_t parent;

	(void)state;
	parent = parent_start(dir);
	assert_string_equal(ask(dir, "SET k v"), "OK");
	process_kill(parent);
	start(&s, dir);
	assert_string_equal(ask(dir, "GET k"), "v");
	private_server_stop(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_in_a_directory_that_it_makes),
		cmocka_unit_test(stop_waits_for_its_end),
		cmocka_unit_test(data_outlive_a_restart),
		cmocka_unit_test(a_directory_in_use_is_refused_until_it_is_free),
		cmocka_unit_test(a_path_too_long_for_a_socket_is_refused),
		cmocka_unit_test(a_directory_that_cannot_be_used_is_refused),
		cmocka_unit_test(a_server_that_cannot_be_started_is_told_of),
		cmocka_unit_test(it_ends_when_its_parent_is_killed_and_keeps_its_data),
		cmocka_unit_test(it_may_be_started_again_at_once),
	};

	return test_program(tests);
}
