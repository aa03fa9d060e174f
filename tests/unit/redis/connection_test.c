/* Every command is answered once, in order, whatever Redis does. A lost connection is replaced. */
#include "fixture.h"

#include <stdio.h>

static struct client client;
static struct fake fake;

static void
start(const struct fake_line *lines)
{
	fake_start(&fake, lines);
	client_start(&client, fake.url);
	client_wait_ready(&client);
}

static void
stop(void)
{
	client_stop(&client);
	fake_stop(&fake);
	fake_fini(&fake);
}

/* Expects that this is the only answer. */
static void
check(const struct answer *a, enum err e, const char *text)
{
	assert_int_equal(a->times, 1);
	assert_int_equal(a->e, e);
	assert_int_equal(a->replied, text != NULL);
	assert_string_equal(a->text, text != NULL ? text : "");
}

static void
replies_come_in_order(void **state)
{
	enum { N = 500 };
	static struct answer a[N];
	struct cluster *c = *state;
	int i;

	client_start(&client, c->url);
	client_wait_ready(&client);
	assert_int_equal(client.ready, 1);
	assert_string_equal(redis_connection_last_error(client.c), "");
	for (i = 0; i < N; i++)
		client_ask(&client, &a[i], fmt("ECHO %d", i));
	assert_int_equal(client.answers, 0);
	assert_int_equal(redis_connection_in_flight(client.c), N);
	client_wait(&client, &a[N - 1]);
	for (i = 0; i < N; i++) {
		check(&a[i], ERR_OK, fmt("%d", i));
		assert_int_equal(a[i].place, i + 1);
	}
	assert_int_equal(redis_connection_in_flight(client.c), 0);
	client_stop(&client);
}

static void
a_reply_may_come_byte_by_byte(void **state)
{
	static const struct fake_line lines[] = { { "GET", "$11\r\nhello\r\nyou!\r\n" }, { NULL } };
	struct answer a, b;

	(void)state;
	fake_start(&fake, lines);
	fake.by_bytes = true;
	client_start(&client, fake.url);
	client_wait_ready(&client);
	client_ask(&client, &a, "GET x");
	client_ask(&client, &b, "PING");
	client_wait(&client, &b);
	check(&a, ERR_OK, "hello\r\nyou!");
	check(&b, ERR_OK, "OK");
	assert_int_equal(fake_connections(&fake), 1);
	stop();
}

static void
before_the_first_connection_commands_are_refused_at_once(void **state)
{
	struct answer a;

	(void)state;
	client_start(&client, fmt("unix://%s/nobody.sock", test_dir()));
	assert_false(redis_connection_ready(client.c));
	assert_string_equal(redis_connection_last_error(client.c), "connect: not yet connected");
	client_ask(&client, &a, "PING");
	check(&a, ERR_STORE_UNAVAILABLE, NULL);
	client_wait_error(&client, "connect: No such file or directory");
	client_ask(&client, &a, "PING");
	check(&a, ERR_STORE_UNAVAILABLE, NULL);
	assert_int_equal(client.ready, 0);
	client_stop(&client);
}

/*
 * Notes the answer, and expects that a callback cannot send while the connection is being closed.
 */
static void
ask_again(void *arg, enum err e, const struct reply *reply)
{
	static struct answer again;

	answer_note(arg, e, reply);
	client_ask(&client, &again, "PING");
	check(&again, ERR_STORE_UNAVAILABLE, NULL);
}

static void
a_close_answers_all_in_flight_once_and_in_order(void **state)
{
	enum { N = 5 };
	static const struct fake_line lines[] = { { "HOLD", NULL }, { "BYE", NULL, 0, true },
		{ NULL } };
	struct answer a[N], bye = { .client = &client };
	const char *word = "BYE";
	int i;

	(void)state;
	start(lines);
	for (i = 0; i < N; i++)
		client_ask(&client, &a[i], "HOLD");
	redis_connection_command(client.c, 1, &word, NULL, ask_again, &bye);
	client_wait(&client, &bye);
	for (i = 0; i < N; i++) {
		check(&a[i], ERR_OUTCOME_UNKNOWN, NULL);
		assert_int_equal(a[i].place, i + 1);
	}
	check(&bye, ERR_OUTCOME_UNKNOWN, NULL);
	assert_string_equal(redis_connection_last_error(client.c), "connection: closed by Redis");
	assert_false(redis_connection_ready(client.c));
	assert_int_equal(redis_connection_in_flight(client.c), 0);
	client_wait_ready(&client);
	assert_int_equal(client.ready, 2);
	assert_string_equal(client_do(&client, "PING"), "OK");
	for (i = 0; i < N; i++)
		assert_int_equal(a[i].times, 1);
	stop();
}

static void
a_command_without_a_reply_is_outcome_unknown_in_time(void **state)
{
	enum { TIMEOUT_MS = 500 };
	static const struct fake_line lines[] = { { "HOLD", NULL }, { NULL } };
	struct answer a, b;
	long since;

	(void)state;
	fake_start(&fake, lines);
	client_init(&client, fake.url);
	client.options.command_timeout_ms = TIMEOUT_MS;
	client_begin(&client);
	client_wait_ready(&client);
	since = now_ms();
	client_ask(&client, &a, "HOLD");
	client_ask(&client, &b, "HOLD");
	client_wait(&client, &b);
	assert_in_range(now_ms() - since, TIMEOUT_MS - 1, 5000);
	check(&a, ERR_OUTCOME_UNKNOWN, NULL);
	check(&b, ERR_OUTCOME_UNKNOWN, NULL);
	assert_true(a.place < b.place);
	assert_string_equal(redis_connection_last_error(client.c), "command: no reply in time");
	assert_false(redis_connection_ready(client.c));
	/* Its socket is closed: a late reply cannot be taken for that of another command. */
	client_wait_ready(&client);
	assert_int_equal(fake_connections(&fake), 2);
	assert_string_equal(client_do(&client, "PING"), "OK");
	stop();
}

/* A real Redis is stopped for a while; then it goes on with what it has read. */
static void
a_late_reply_goes_to_no_other_command(void **state)
{
	struct cluster *c = *state;
	struct answer a;

	client_init(&client, c->url);
	client.options.command_timeout_ms = 150;
	client_begin(&client);
	client_wait_ready(&client);
	assert_true(process_freeze(c->redis));
	client_ask(&client, &a, "ECHO late");
	client_wait(&client, &a);
	check(&a, ERR_OUTCOME_UNKNOWN, NULL);
	process_thaw(c->redis);
	client_wait_ready(&client);
	assert_string_equal(client_do(&client, "ECHO now"), "now");
	client_stop(&client);
}

static void
a_reply_that_nothing_asked_for_closes_the_connection(void **state)
{
	static const struct fake_line lines[] = { { "TWO", "+one\r\n+two\r\n", 1 }, { NULL } };
	struct answer a;

	(void)state;
	start(lines);
	client_ask(&client, &a, "TWO");
	client_wait(&client, &a);
	check(&a, ERR_OK, "one");
	client_wait_error(&client, "protocol: a reply that nothing asked for");
	client_wait_ready(&client);
	assert_int_equal(client.ready, 2);
	stop();
}

static void
garbage_closes_the_connection(void **state)
{
	static const char *const garbage[] = { "hello\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n",
		"\x01\x02\x03\r\n", "*-5\r\n", "$-5\r\n" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(garbage); i++) {
		const struct fake_line lines[] = { { "GET", garbage[i], 1 }, { NULL } };
		struct answer a, b;

		start(lines);
		client_ask(&client, &a, "GET x");
		client_ask(&client, &b, "PING");
		client_wait(&client, &b);
		check(&a, ERR_OUTCOME_UNKNOWN, NULL);
		check(&b, ERR_OUTCOME_UNKNOWN, NULL);
		assert_non_null(strstr(redis_connection_last_error(client.c), "protocol: "));
		client_wait_ready(&client);
		assert_string_equal(client_do(&client, "GET x"), "OK");
		stop();
	}
}

static void
the_4097th_command_in_flight_is_overloaded(void **state)
{
	static struct answer a[REDIS_IN_FLIGHT_MAX];
	struct cluster *c = *state;
	struct answer over;
	int i;

	client_start(&client, c->url);
	client_wait_ready(&client);
	for (i = 0; i < REDIS_IN_FLIGHT_MAX; i++)
		client_ask(&client, &a[i], "PING");
	assert_int_equal(client.answers, 0);
	client_ask(&client, &over, "PING");
	check(&over, ERR_OVERLOADED, NULL);
	assert_int_equal(redis_connection_in_flight(client.c), REDIS_IN_FLIGHT_MAX);
	client_wait(&client, &a[REDIS_IN_FLIGHT_MAX - 1]);
	for (i = 0; i < REDIS_IN_FLIGHT_MAX; i++)
		check(&a[i], ERR_OK, "PONG");
	/* The connection is still of use. */
	assert_string_equal(client_do(&client, "PING"), "PONG");
	assert_int_equal(client.ready, 1);
	client_stop(&client);
}

static void
readonly_closes_and_loading_keeps_the_connection(void **state)
{
	static const struct fake_line lines[] = {
		{ "LOAD", "-LOADING Redis is loading the dataset in memory\r\n" },
		{ "SET", "-READONLY You can't write against a read only replica.\r\n" },
		{ "HOLD", NULL },
		{ NULL },
	};
	struct answer a, b;

	(void)state;
	start(lines);
	client_ask(&client, &a, "LOAD");
	client_wait(&client, &a);
	check(&a, ERR_STORE_UNAVAILABLE, "LOADING Redis is loading the dataset in memory");
	assert_true(redis_connection_ready(client.c));
	assert_string_equal(client_do(&client, "PING"), "OK");
	assert_int_equal(fake_connections(&fake), 1);
	client_ask(&client, &a, "SET x 1");
	client_ask(&client, &b, "HOLD");
	client_wait(&client, &b);
	check(&a, ERR_STORE_UNAVAILABLE, "READONLY You can't write against a read only replica.");
	check(&b, ERR_OUTCOME_UNKNOWN, NULL);
	assert_non_null(strstr(redis_connection_last_error(client.c), "refused: READONLY"));
	client_wait_ready(&client);
	assert_int_equal(fake_connections(&fake), 2);
	stop();
}

static void
an_error_of_redis_is_given_to_the_command_alone(void **state)
{
	struct cluster *c = *state;
	struct answer a;

	client_start(&client, c->url);
	client_wait_ready(&client);
	client_do(&client, "SET x 1");
	client_ask(&client, &a, "LPUSH x 1");
	client_wait(&client, &a);
	assert_int_equal(a.e, ERR_INTERNAL);
	assert_non_null(strstr(a.text, "WRONGTYPE"));
	assert_string_equal(client_do(&client, "GET x"), "1");
	assert_int_equal(client.ready, 1);
	client_stop(&client);
}

static void
arguments_are_binary_safe(void **state)
{
	static const char *words[] = { "SET", "k", "a\0b\r\nc\xff" };
	static const size_t lens[] = { 3, 1, 7 };
	struct cluster *c = *state;
	struct answer a = { .client = &client };

	client_start(&client, c->url);
	client_wait_ready(&client);
	redis_connection_command(client.c, 3, words, lens, answer_note, &a);
	client_wait(&client, &a);
	check(&a, ERR_OK, "OK");
	assert_string_equal(client_do(&client, "STRLEN k"), "7");
	assert_string_equal(client_do(&client, "GETRANGE k 2 -1"), "b\r\nc\xff");
	client_stop(&client);
}

static void
free_answers_what_is_in_flight(void **state)
{
	static const struct fake_line lines[] = { { "HOLD", NULL }, { NULL } };
	struct answer a, b;

	(void)state;
	start(lines);
	client_ask(&client, &a, "HOLD");
	client_ask(&client, &b, "HOLD");
	assert_int_equal(client.answers, 0);
	stop();
	check(&a, ERR_OUTCOME_UNKNOWN, NULL);
	check(&b, ERR_OUTCOME_UNKNOWN, NULL);
	assert_true(a.place < b.place);
}

static void
free_in_the_middle_of_a_handshake_is_silent(void **state)
{
	static const struct fake_line lines[] = { { "*", NULL }, { NULL } };

	(void)state;
	capture_begin();
	fake_start(&fake, lines);
	client_start(&client, fake.url);
	fake_wait_connections(&fake, &client, 1);
	stop();
	assert_string_equal(capture_end(), "");
	assert_int_equal(client.ready, 0);
}

/*
 * A Redis that closes at once is tried again, but not in a busy loop. The pauses are drawn from 0
 * to 50 and then 0 to 100 ms; over ten attempts they add up to less than 60 ms once in ten million
 * runs.
 */
static void
attempts_are_apart_and_within_the_bound(void **state)
{
	enum { ATTEMPTS = 11, BOUND_MS = 100, SLACK_MS = 3000 };
	static const struct fake_line lines[] = { { "*", NULL, 0, true }, { NULL } };
	long elapsed;

	(void)state;
	fake_start(&fake, lines);
	client_init(&client, fake.url);
	client.options.backoff_max_ms = BOUND_MS;
	client_begin(&client);
	fake_wait_connections(&fake, &client, ATTEMPTS);
	stop();
	elapsed = fake.attempts[ATTEMPTS - 1] - fake.attempts[0];
	assert_in_range(elapsed, 60, (ATTEMPTS - 1) * BOUND_MS + SLACK_MS);
}

/* The loss is one line in the log; attempts that fail after it are none. */
static void
a_loss_is_logged_once(void **state)
{
	struct cluster *c = *state;
	const char *log, *first;

	client_start(&client, c->url);
	client_wait_ready(&client);
	capture_begin();
	redis_kill(c);
	client_wait_error(&client, "connect: Connection refused");
	redis_start(c);
	client_wait_ready(&client);
	log = capture_end();
	first = strstr(log, "redis: connection: closed by Redis");
	assert_non_null(first);
	assert_null(strstr(log, "refused"));
	assert_ptr_equal(strchr(log, '\n'), strrchr(log, '\n'));
	assert_string_equal(client_do(&client, "PING"), "PONG");
	assert_int_equal(client.ready, 2);
	client_stop(&client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cluster_test(replies_come_in_order),
		cmocka_unit_test(a_reply_may_come_byte_by_byte),
		cmocka_unit_test(before_the_first_connection_commands_are_refused_at_once),
		cmocka_unit_test(a_close_answers_all_in_flight_once_and_in_order),
		cmocka_unit_test(a_command_without_a_reply_is_outcome_unknown_in_time),
		cluster_test(a_late_reply_goes_to_no_other_command),
		cmocka_unit_test(a_reply_that_nothing_asked_for_closes_the_connection),
		cmocka_unit_test(garbage_closes_the_connection),
		cluster_test(the_4097th_command_in_flight_is_overloaded),
		cmocka_unit_test(readonly_closes_and_loading_keeps_the_connection),
		cluster_test(an_error_of_redis_is_given_to_the_command_alone),
		cluster_test(arguments_are_binary_safe),
		cmocka_unit_test(free_answers_what_is_in_flight),
		cmocka_unit_test(free_in_the_middle_of_a_handshake_is_silent),
		cmocka_unit_test(attempts_are_apart_and_within_the_bound),
		cluster_test(a_loss_is_logged_once),
	};

	return test_program(tests);
}
