/* The replication barrier: what it counts, and for whom. */
#include "redis/barrier.h"

#include "unit/redis/fixture.h"

#include <stdio.h>

#define RUN_ID "0123456789012345678901234567890123456789"
#define OTHER  "9999999999999999999999999999999999999999"
#define MARK   "replication_mark"
#define MARKED "*2\r\n$2\r\nok\r\n$0\r\n\r\n"

enum { WAITERS = 3 };

static struct client client;
static struct fake fake;
static struct barrier *barrier;

struct waiter {
	int times, replicas;
};

static void
on_replicas(void *arg, int replicas)
{
	struct waiter *w = arg;

	w->times++;
	w->replicas = replicas;
}

static bool
is_told(void *arg)
{
	return ((struct waiter *)arg)->times > 0;
}

/* Starts the barrier, and waits until it is connected. */
static void
start(const struct fake_line *lines)
{
	fake_start(&fake, lines);
	client_init(&client, fake.url);
	barrier = barrier_new(client.base, &client.options, "muster:{unit}:", 2, 100);
	/* The handshake ends with a question for the run id. */
	fake_wait_calls(&fake, &client, "INFO", 1);
}

static void
stop(void)
{
	barrier_free(barrier);
	client_stop(&client);
	fake_stop(&fake);
	fake_fini(&fake);
}

/* Waits for the replicas of the Redis with this run id. Returns how many there are. */
static int
ask(const char *run_id)
{
	struct waiter w = { 0 };

	barrier_wait(barrier, run_id, on_replicas, &w);
	client_until(&client, is_told, &w);
	assert_int_equal(w.times, 1);
	return w.replicas;
}

#define INFO "# Server\r\nredis_version:7.0.15\r\nrun_id:" RUN_ID "\r\n"

static const struct fake_line info = { "INFO", "$81\r\n" INFO "\r\n", 0, false };

static bool
knows_run_id(void *arg)
{
	(void)arg;
	return ask(RUN_ID) == 2;
}

static void
only_replicas_of_the_server_that_was_written_to_count(void **state)
{
	const struct fake_line lines[] = { info, { MARK, MARKED }, { "WAIT", ":2\r\n" }, { NULL } };

	(void)state;
	start(lines);
	/* Before the connection is ready there are none. */
	client_until(&client, knows_run_id, NULL);
	assert_int_equal(ask(OTHER), 0);
	assert_int_equal(ask(RUN_ID), 2);
	stop();
}

static void
those_who_come_during_a_round_share_the_next_one(void **state)
{
	const struct fake_line lines[] = { info, { MARK, MARKED }, { "WAIT", ":2\r\n", 1 },
		{ "WAIT", NULL, 1 }, { "WAIT", ":1\r\n" }, { NULL } };
	struct waiter w[WAITERS] = { 0 };
	int i;

	(void)state;
	start(lines);
	client_until(&client, knows_run_id, NULL);
	barrier_wait(barrier, RUN_ID, on_replicas, &w[0]);
	fake_wait_calls(&fake, &client, "WAIT", 2);
	for (i = 1; i < WAITERS; i++)
		barrier_wait(barrier, i == 1 ? RUN_ID : OTHER, on_replicas, &w[i]);
	fake_say(&fake, ":2\r\n");
	client_until(&client, is_told, &w[WAITERS - 1]);
	assert_int_equal(fake_calls(&fake, "WAIT"), 3);
	assert_int_equal(fake_calls(&fake, MARK), 3);
	assert_int_equal(w[0].replicas, 2);
	assert_int_equal(w[1].replicas, 1);
	assert_int_equal(w[2].replicas, 0);
	for (i = 0; i < WAITERS; i++)
		assert_int_equal(w[i].times, 1);
	stop();
}

static void
a_lost_or_refused_wait_counts_nobody(void **state)
{
	static const char *const replies[] = { "-ERR no\r\n", "+OK\r\n" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(replies); i++) {
		const struct fake_line lines[] = { info, { MARK, MARKED }, { "WAIT", ":2\r\n", 1 },
			{ "WAIT", replies[i], 1 }, { "WAIT", NULL, 0, true }, { NULL } };

		start(lines);
		client_until(&client, knows_run_id, NULL);
		assert_int_equal(ask(RUN_ID), 0);
		assert_int_equal(ask(RUN_ID), 0);
		stop();
	}
}

static void
the_end_answers_those_who_wait(void **state)
{
	const struct fake_line lines[] = { info, { MARK, MARKED }, { "WAIT", ":2\r\n", 1 },
		{ "WAIT", NULL }, { NULL } };
	struct waiter w[2] = { 0 };

	(void)state;
	start(lines);
	client_until(&client, knows_run_id, NULL);
	barrier_wait(barrier, RUN_ID, on_replicas, &w[0]);
	fake_wait_calls(&fake, &client, "WAIT", 2);
	barrier_wait(barrier, RUN_ID, on_replicas, &w[1]);
	stop();
	assert_int_equal(w[0].times, 1);
	assert_int_equal(w[1].times, 1);
	assert_int_equal(w[0].replicas + w[1].replicas, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_replicas_of_the_server_that_was_written_to_count),
		cmocka_unit_test(those_who_come_during_a_round_share_the_next_one),
		cmocka_unit_test(a_lost_or_refused_wait_counts_nobody),
		cmocka_unit_test(the_end_answers_those_who_wait),
	};

	return test_program(tests);
}
