/*
 * What is said and checked on a new connection: with a real Redis, and with one that fails checks.
 */
#include "fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_TRIES = 5 };

static struct client client;
static struct fake fake;

/* A redis-server with passwords, on a TCP port and a unix socket. */
static struct guarded {
	pid_t pid;
	int port;
	char socket[128];
} guarded;

static int
free_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	close(fd);
	return ntohs(in.sin_port);
}

static bool
answers_or_ended(void *arg)
{
	struct guarded *g = arg;
	redisContext *r = redisConnectUnix(g->socket);
	redisReply *reply = r != NULL && r->err == 0 ? redisCommand(r, "AUTH root-word") : NULL;
	bool good = reply != NULL && reply->type == REDIS_REPLY_STATUS;

	freeReplyObject(reply);
	redisFree(r);
	if (!good && process_wait(g->pid, 0) >= 0)
		g->pid = 0;
	return good || g->pid == 0;
}

static int
guarded_setup(void **state)
{
	char port[16], log[128];
	char *argv[] = { "redis-server", "--bind", "127.0.0.1", "--port", port, "--unixsocket",
		guarded.socket, "--dir", (char *)(uintptr_t)test_dir(), "--save", "",
		"--requirepass", "root-word", "--user", "alice", "on", ">p@ss:w/rd", "~*", "&*",
		"+@all", "--daemonize", "no", NULL };
	int i;

	(void)state;
	snprintf(guarded.socket, sizeof(guarded.socket), "%s/guarded.sock", test_dir());
	snprintf(log, sizeof(log), "%s/guarded.log", test_dir());
	for (i = 0; i < PORT_TRIES && guarded.pid == 0; i++) {
		guarded.port = free_port(); /* another may take it before Redis does */
		snprintf(port, sizeof(port), "%d", guarded.port);
		guarded.pid = process_start(argv, log);
		assert_true(guarded.pid > 0);
		assert_true(poll_until(answers_or_ended, &guarded, PROCESS_WAIT_MS));
	}
	assert_true(guarded.pid > 0);
	return 0;
}

static int
guarded_teardown(void **state)
{
	(void)state;
	process_kill(guarded.pid);
	guarded.pid = 0;
	api_reset();
	return 0;
}

/* Connects to `url`; expects that Redis has this user and this database for the connection. */
static void
check_known(const char *url, const char *user, int db)
{
	const char *line;

	client_start(&client, url);
	client_wait_ready(&client);
	line = client_do(&client, "CLIENT LIST ID 0");
	assert_string_equal(line, "");
	line = client_do(&client, fmt("CLIENT LIST ID %s", client_do(&client, "CLIENT ID")));
	assert_non_null(strstr(line, " name=unit "));
	assert_non_null(strstr(line, fmt(" user=%s ", user)));
	assert_non_null(strstr(line, fmt(" db=%d ", db)));
	client_stop(&client);
}

static void
a_real_redis_learns_user_name_and_database(void **state)
{
	int port = guarded.port;

	(void)state;
	check_known(fmt("redis://:root-word@127.0.0.1:%d", port), "default", 0);
	check_known(fmt("redis://root-word@127.0.0.1:%d/3", port), "default", 3);
	check_known(fmt("redis://alice:p%%40ss%%3Aw%%2Frd@127.0.0.1:%d/15", port), "alice", 15);
	check_known(fmt("unix://:root-word@%s", guarded.socket), "default", 0);
	check_known(fmt("unix://alice:p%%40ss%%3Aw%%2Frd@%s?db=7", guarded.socket), "alice", 7);
}

/* Expects that the connection to `url` never becomes ready, tries again, and says why. */
static void
check_refused(const char *url, const char *error)
{
	struct answer a;

	client_start(&client, url);
	client_wait_error(&client, error);
	assert_false(redis_connection_ready(client.c));
	client_ask(&client, &a, "PING");
	assert_int_equal(a.times, 1);
	assert_int_equal(a.e, ERR_STORE_UNAVAILABLE);
	assert_int_equal(client.ready, 0);
	client_stop(&client);
}

static void
a_real_redis_refuses_wrong_passwords(void **state)
{
	int port = guarded.port;

	(void)state;
	check_refused(fmt("redis://:wrong@127.0.0.1:%d", port), "AUTH: WRONGPASS");
	check_refused(fmt("redis://alice:root-word@127.0.0.1:%d", port), "AUTH: WRONGPASS");
	check_refused(fmt("redis://nobody:root-word@127.0.0.1:%d", port), "AUTH: WRONGPASS");
	check_refused(fmt("redis://127.0.0.1:%d", port), "ROLE: NOAUTH");
	check_refused(fmt("redis://:root-word@127.0.0.1:%d/16", port), "SELECT: ERR DB index");
}

static void
the_right_password_helps_as_soon_as_redis_knows_it(void **state)
{
	struct cluster *c = *state;

	redis_do(c, "ACL SETUSER bob on >old ~* &* +@all");
	client_start(&client, fmt("unix://bob:new@%s", c->socket));
	client_wait_error(&client, "AUTH: WRONGPASS");
	redis_do(c, "ACL SETUSER bob >new");
	client_wait_ready(&client);
	assert_string_equal(redis_connection_last_error(client.c), "");
	client_stop(&client);
}

static void
a_replica_is_refused_until_it_is_a_master(void **state)
{
	struct cluster *c = *state;

	redis_do(c, "REPLICAOF 127.0.0.1 1");
	client_start(&client, c->url);
	client_wait_error(&client, "ROLE: this Redis is not a master");
	assert_int_equal(client.ready, 0);
	redis_do(c, "REPLICAOF NO ONE");
	client_wait_ready(&client);
	client_stop(&client);
}

/* Connects to a Redis that answers `lines`; expects this error, and a second attempt. */
static void
check_lines(const struct fake_line *lines, const char *userinfo, const char *error)
{
	fake_start(&fake, lines);
	client_start(&client, fmt("unix://%s%s?db=2", userinfo, fake.url + strlen("unix://")));
	client_wait_error(&client, error);
	assert_int_equal(client.ready, 0);
	fake_wait_connections(&fake, &client, 2);
	assert_int_equal(client.ready, 0);
	client_stop(&client);
	fake_stop(&fake);
	fake_fini(&fake);
}

static void
each_step_that_fails_is_named(void **state)
{
	static const struct {
		const char *userinfo, *error;
		struct fake_line line;
	} cases[] = {
		{ "", "INFO: Redis 7.0 or newer is needed",
		    { "INFO", "$32\r\n# Server\r\nredis_version:6.2.14\r\n\r\n" } },
		{ "", "INFO: Redis 7.0 or newer is needed", { "INFO", "$0\r\n\r\n" } },
		{ "", "INFO: Redis 7.0 or newer is needed", { "INFO", ":7\r\n" } },
		{ "", "INFO: NOPERM no", { "INFO", "-NOPERM no\r\n" } },
		{ "", "ROLE: this Redis is not a master",
		    { "ROLE",
		        "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:6379\r\n$9\r\nconnected\r\n:"
		        "0\r\n" } },
		{ "", "ROLE: this Redis is not a master", { "ROLE", "*1\r\n$8\r\nsentinel\r\n" } },
		{ "", "ROLE: this Redis is not a master", { "ROLE", "*0\r\n" } },
		{ "", "ROLE: this Redis is not a master", { "ROLE", "*1\r\n:1\r\n" } },
		{ "", "ROLE: this Redis is not a master", { "ROLE", "+OK\r\n" } },
		{ "", "ROLE: LOADING soon", { "ROLE", "-LOADING soon\r\n" } },
		{ "", "SELECT: ERR none", { "SELECT", "-ERR none\r\n" } },
		{ ":w@", "AUTH: WRONGPASS w", { "AUTH", "-WRONGPASS w\r\n" } },
		{ "u:w@", "AUTH: ERR too many", { "AUTH", "-ERR too many\r\n" } },
		{ "", "protocol: ", { "ROLE", "master\r\n" } },
		{ "", "connection: closed by Redis", { "SELECT", NULL, 0, true } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const struct fake_line lines[] = { cases[i].line, { NULL } };

		check_lines(lines, cases[i].userinfo, cases[i].error);
	}
}

/* Some hosted Redis know no CLIENT or no CONFIG. */
static void
commands_that_redis_does_not_know_may_be_optional(void **state)
{
	static const struct fake_line lines[] = {
		{ "CLIENT",
		    "-ERR unknown command 'CLIENT', with args beginning with: 'SETNAME'\r\n" },
		{ "CONFIG", "-ERR unknown command 'CONFIG', with args beginning with: 'GET'\r\n" },
		{ NULL }
	};

	(void)state;
	fake_start(&fake, lines);
	client_start(&client, fake.url);
	client_wait_ready(&client);
	assert_int_equal(fake_connections(&fake), 1);
	client_stop(&client);
	fake_stop(&fake);
	fake_fini(&fake);
}

static void
redis_7_and_newer_are_accepted(void **state)
{
	static const char *const infos[] = { "$31\r\n# Server\r\nredis_version:7.0.0\r\n\r\n",
		"$31\r\n# Server\r\nredis_version:8.2.1\r\n\r\n",
		"$32\r\n# Server\r\nredis_version:10.0.0\r\n\r\n" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(infos); i++) {
		const struct fake_line lines[] = { { "INFO", infos[i] }, { NULL } };

		fake_start(&fake, lines);
		client_start(&client, fake.url);
		client_wait_ready(&client);
		client_stop(&client);
		fake_stop(&fake);
		fake_fini(&fake);
	}
}

static void
a_handshake_that_never_ends_times_out(void **state)
{
	enum { TIMEOUT_MS = 150 };
	static const struct fake_line lines[] = { { "*", NULL }, { NULL } };
	long elapsed;

	(void)state;
	fake_start(&fake, lines);
	client_init(&client, fake.url);
	client.options.connect_timeout_ms = TIMEOUT_MS;
	client_begin(&client);
	client_wait_error(&client, "connect: timed out");
	fake_wait_connections(&fake, &client, 2);
	assert_int_equal(client.ready, 0);
	client_stop(&client);
	fake_stop(&fake);
	fake_fini(&fake);
	elapsed = fake.attempts[1] - fake.attempts[0];
	assert_in_range(elapsed, TIMEOUT_MS - 50, 5000);
}

static void
a_handshake_may_come_byte_by_byte(void **state)
{
	(void)state;
	fake_start(&fake, NULL);
	fake.by_bytes = true;
	client_start(&client, fake.url);
	client_wait_ready(&client);
	assert_int_equal(fake_connections(&fake), 1);
	client_stop(&client);
	fake_stop(&fake);
	fake_fini(&fake);
}

/* What is logged while a connection becomes ready. */
static const char *
log_of_connecting(struct cluster *c)
{
	capture_begin();
	client_start(&client, c->url);
	client_wait_ready(&client);
	client_stop(&client);
	return capture_end();
}

static void
a_redis_that_evicts_is_warned_about(void **state)
{
	struct cluster *c = *state;

	redis_do(c, "CONFIG SET maxmemory-policy noeviction");
	assert_string_equal(log_of_connecting(c), "");
	redis_do(c, "CONFIG SET maxmemory-policy allkeys-lru");
	assert_non_null(
	    strstr(log_of_connecting(c), " warn  redis: maxmemory-policy is allkeys-lru"));
}

/* An ACL may forbid steps that are not needed. They are skipped without a word. */
static void
steps_that_are_optional_may_be_refused(void **state)
{
	struct cluster *c = *state;

	redis_do(c, "ACL SETUSER bob on >w ~* &* +@all -config -client|setname");
	snprintf(c->url, sizeof(c->url), "unix://bob:w@%s", c->socket);
	assert_string_equal(log_of_connecting(c), "");
	client_start(&client, c->url);
	client_wait_ready(&client);
	assert_non_null(strstr(redis_do(c, "CLIENT LIST TYPE normal"), " name= "));
	assert_null(strstr(redis_do(c, "CLIENT LIST TYPE normal"), " name=unit "));
	client_stop(&client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_real_redis_learns_user_name_and_database, guarded_setup, guarded_teardown),
		cmocka_unit_test_setup_teardown(
		    a_real_redis_refuses_wrong_passwords, guarded_setup, guarded_teardown),
		cluster_test(the_right_password_helps_as_soon_as_redis_knows_it),
		cluster_test(a_replica_is_refused_until_it_is_a_master),
		cmocka_unit_test(each_step_that_fails_is_named),
		cmocka_unit_test(commands_that_redis_does_not_know_may_be_optional),
		cmocka_unit_test(redis_7_and_newer_are_accepted),
		cmocka_unit_test(a_handshake_that_never_ends_times_out),
		cmocka_unit_test(a_handshake_may_come_byte_by_byte),
		cluster_test(a_redis_that_evicts_is_warned_about),
		cluster_test(steps_that_are_optional_may_be_refused),
	};

	return test_program(tests);
}
