/* The tasks of housekeeping before a Redis whose replies come late. */
#include "cluster/housekeeping.h"

#include "base/clock.h"
#include "unit/cluster/fixture.h"

#include <stdio.h>

#define RENEW    "node_renew"
#define EXPIRE   "node_expire"
#define EVACUATE "node_evacuate"
#define PLACE    "pending_place"
#define ORPHANS  "orphan_detect"
#define DROP     "index_drop"

enum { LONG_MS = 3600000 };

static struct scene scene;
static struct continuity continuity;
static struct housekeeping *housekeeping;

/* Lines for the tasks, as Redis replies where there is nothing to do. */
#define QUIET                                                   \
	{ EVACUATE, scene_reply(&scene, "ok", "\t0\t0") },      \
	    { PLACE, scene_reply(&scene, "ok", "0\t0") },       \
	    { ORPHANS, scene_reply(&scene, "ok", "0\t") },      \
	    { DROP, "*3\r\n$2\r\nok\r\n$0\r\n\r\n$0\r\n\r\n" }, \
	{                                                       \
		NULL                                            \
	}

#define NONE_EXPIRED  scene_reply(&scene, "ok", "0\t0\toff\t1000000")
#define ALL_RENEWED   scene_reply(&scene, "ok", "2\t")
#define MORE_TO_RENEW scene_reply(&scene, "ok", "100\tn100")

static void
start(const struct fake_line *lines)
{
	scene_start(&scene, lines);
	/* Redis has been seen, so that its next observation is no interruption. */
	continuity_init(&continuity, LONG_MS);
	(void)continuity_observe(&continuity, clock_mono_ms(), clock_mono_ms(), 1000000,
	    redis_connection_run_id(scene.client.c));
	housekeeping = housekeeping_new(
	    scene.client.base, scene.client.c, &scene.config, &scene.id, &continuity);
}

static void
stop(void)
{
	scene_stop(&scene);
	housekeeping_free(housekeeping);
	scene_fini(&scene);
}

static void
allow(const char *term, int64_t ms)
{
	housekeeping_allow(housekeeping, term, clock_mono_ms() + ms);
}

static size_t
calls(const char *script)
{
	return fake_calls(&scene.fake, script);
}

static void
each_task_is_repeated_under_the_lease(void **state)
{
	static const char *const names[] = { EXPIRE, EVACUATE, PLACE, ORPHANS };
	const struct fake_line lines[] = { { EXPIRE, NONE_EXPIRED }, QUIET };
	size_t i;

	(void)state;
	start(lines);
	allow("5", LONG_MS);
	for (i = 0; i < ARRAY_LEN(names); i++) {
		scene_wait_calls(&scene, names[i], 2);
		assert_string_equal(fake_argument(&scene.fake, names[i], LEASE_ARG_ID), "c1");
		assert_string_equal(fake_argument(&scene.fake, names[i], LEASE_ARG_NONCE), "nonce");
		assert_string_equal(fake_argument(&scene.fake, names[i], LEASE_ARG_TERM), "5");
	}
	assert_int_equal(calls(DROP), 1);
	assert_int_equal(calls(RENEW), 0);
	stop();
}

static void
no_task_is_started_after_the_end_of_the_lease(void **state)
{
	const struct fake_line lines[] = { { EXPIRE, NONE_EXPIRED }, QUIET };

	(void)state;
	start(lines);
	allow("5", 600);
	scene_wait_calls(&scene, EXPIRE, 1);
	scene_wait_idle(&scene);
	stop();
	/* Not even one, if it is over from the beginning. */
	start((const struct fake_line[]){ { NULL } });
	allow("5", 0);
	housekeeping_renew_nodes(housekeeping);
	scene_wait_idle(&scene);
	assert_int_equal(calls("EVALSHA"), 0);
	stop();
}

static void
a_task_without_a_reply_is_not_started_again(void **state)
{
	const struct fake_line lines[] = { { EXPIRE, NONE_EXPIRED, 1 }, { EXPIRE, NULL }, QUIET };

	(void)state;
	start(lines);
	allow("5", 1000);
	scene_wait_calls(&scene, EXPIRE, 2);
	scene_wait_idle(&scene);
	assert_int_equal(calls(EXPIRE), 2);
	/* The next lease goes on once the reply has come. */
	fake_say(&scene.fake, NONE_EXPIRED);
	allow("6", LONG_MS);
	scene_wait_calls(&scene, EXPIRE, 3);
	assert_string_equal(fake_argument(&scene.fake, EXPIRE, LEASE_ARG_TERM), "6");
	stop();
}

static void
nobody_is_judged_before_all_heartbeats_are_fresh(void **state)
{
	const struct fake_line lines[] = { { RENEW, MORE_TO_RENEW, 1 }, { RENEW, NULL, 1 },
		{ EXPIRE, NONE_EXPIRED }, QUIET };

	(void)state;
	start(lines);
	housekeeping_renew_nodes(housekeeping);
	allow("5", LONG_MS);
	scene_wait_calls(&scene, RENEW, 2);
	assert_string_equal(fake_argument(&scene.fake, RENEW, NODE_RENEW_ARG_CURSOR), "n100");
	assert_int_equal(calls("EVALSHA"), 2);
	fake_say(&scene.fake, ALL_RENEWED);
	scene_wait_calls(&scene, EXPIRE, 1);
	assert_int_equal(calls(RENEW), 2);
	stop();
}

/* Those that were renewed before the second interruption need another heartbeat. */
static void
a_renewal_that_is_asked_for_during_one_begins_again(void **state)
{
	static const char *const cursors[] = { "", "n100" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cursors); i++) {
		const struct fake_line lines[] = { { RENEW, NULL, 1 }, { RENEW, ALL_RENEWED },
			{ EXPIRE, NONE_EXPIRED }, QUIET };

		start(lines);
		housekeeping_renew_nodes(housekeeping);
		allow("5", LONG_MS);
		scene_wait_calls(&scene, RENEW, 1);
		housekeeping_renew_nodes(housekeeping);
		fake_say(&scene.fake, scene_reply(&scene, "ok", fmt("100\t%s", cursors[i])));
		scene_wait_calls(&scene, EXPIRE, 1);
		assert_int_equal(calls(RENEW), 2);
		assert_string_equal(fake_argument(&scene.fake, RENEW, NODE_RENEW_ARG_CURSOR), "");
		stop();
	}
}

static void
a_stop_during_a_task_ends_it(void **state)
{
	const struct fake_line lines[] = { { RENEW, NULL }, { NULL } };

	(void)state;
	start(lines);
	housekeeping_renew_nodes(housekeeping);
	allow("5", LONG_MS);
	scene_wait_calls(&scene, RENEW, 1);
	housekeeping_stop(housekeeping);
	fake_say(&scene.fake, MORE_TO_RENEW);
	scene_wait_answers(&scene, 0);
	scene_wait_idle(&scene);
	assert_int_equal(calls("EVALSHA"), 1);
	stop();
}

/* A reply that was meant for an earlier term says nothing about the present one. */
static void
only_a_refusal_in_the_present_term_ends_the_tasks(void **state)
{
	const struct fake_line lines[] = { { EXPIRE, NULL, 1 }, { EXPIRE, NONE_EXPIRED, 1 },
		{ EXPIRE, "-NOT_LEADER term=7\r\n" }, QUIET };

	(void)state;
	start(lines);
	allow("5", LONG_MS);
	scene_wait_calls(&scene, EXPIRE, 1);
	allow("6", LONG_MS);
	fake_say(&scene.fake, "-NOT_LEADER term=6\r\n");
	scene_wait_calls(&scene, EXPIRE, 3);
	assert_string_equal(fake_argument(&scene.fake, EXPIRE, LEASE_ARG_TERM), "6");
	scene_wait_idle(&scene);
	assert_int_equal(calls(EXPIRE), 3);
	stop();
}

static void
an_interruption_of_redis_renews_all_heartbeats(void **state)
{
	static const char *const found[] = { "discontinuity", "ok" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(found); i++) {
		/* The second time, the clock of Redis has been set by more than the slack. */
		const struct fake_line lines[] = {
			{ EXPIRE,
			    scene_reply(&scene, found[i],
			        i == 0 ? "0\t0\toff\t1000000" : "0\t0\toff\t9000000000"),
			    1 },
			{ EXPIRE, NULL }, { RENEW, ALL_RENEWED }, QUIET
		};

		start(lines);
		allow("5", LONG_MS);
		scene_wait_calls(&scene, RENEW, 1);
		assert_int_equal(calls(EXPIRE), 1);
		stop();
	}
}

static void
a_full_queue_does_not_stop_the_tasks(void **state)
{
	const struct fake_line lines[] = { { "HOLD", NULL }, { NULL } };

	(void)state;
	start(lines);
	scene_fill(&scene);
	allow("5", LONG_MS);
	scene_wait_calls(&scene, EXPIRE, 1);
	scene_wait_calls(&scene, DROP, 1);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_task_is_repeated_under_the_lease),
		cmocka_unit_test(no_task_is_started_after_the_end_of_the_lease),
		cmocka_unit_test(a_task_without_a_reply_is_not_started_again),
		cmocka_unit_test(nobody_is_judged_before_all_heartbeats_are_fresh),
		cmocka_unit_test(a_renewal_that_is_asked_for_during_one_begins_again),
		cmocka_unit_test(a_stop_during_a_task_ends_it),
		cmocka_unit_test(only_a_refusal_in_the_present_term_ends_the_tasks),
		cmocka_unit_test(an_interruption_of_redis_renews_all_heartbeats),
		cmocka_unit_test(a_full_queue_does_not_stop_the_tasks),
	};

	return test_program(tests);
}
