/* The member before a Redis whose replies come late. */
#include "cluster/member.h"

#include "unit/cluster/fixture.h"

#include <stdio.h>

#define REGISTER  "node_register"
#define HEARTBEAT "node_heartbeat"
#define LEAVE     "node_leave"

/* The columns of a node's row from its id to the life of its heartbeat. */
#define NODE(incarnation)                                         \
	"n1\thost\t127.0.0.1\t1\tworker\tonline\t1\t" incarnation \
	"\t10\t0\t10\t0\t\t\t\t1\t\t0\t0\t0\t0\t1\t9000\t"
/* The item of a heartbeat; then come leader, term, interval, life, and epoch. */
#define BEAT(term, interval_ms, epoch) \
	"ok\t\t" NODE("3") "\tc2\t" term "\t" interval_ms "\t60000\t" epoch

enum { INTERVAL_MS = 50 };

static struct scene scene;
static struct member *member;
static int left;

static void
start(const struct fake_line *lines)
{
	scene_start(&scene, lines);
	free(scene.config.cluster);
	scene.config.cluster = strdup("n1");
	scene.config.heartbeat_interval = INTERVAL_MS;
	member = member_new(scene.client.base, scene.client.c, &scene.config, &scene.id);
}

static void
stop(void)
{
	scene_stop(&scene);
	member_free(member);
	scene_fini(&scene);
}

static size_t
calls(const char *script)
{
	return fake_calls(&scene.fake, script);
}

/* A column of the only line of the last heartbeat. */
static const char *
sent(size_t column)
{
	const char *at = fake_argument(&scene.fake, HEARTBEAT, NODE_HEARTBEAT_ARG_LINES);

	while (column-- > 0) {
		at = strchr(at, '\t');
		assert_non_null(at++);
	}
	return fmt("%.*s", (int)strcspn(at, "\t\n"), at);
}

static bool
is_past(void *arg)
{
	return now_ms() > *(long *)arg;
}

static void
on_left(void *arg)
{
	(void)arg;
	left++;
}

static bool
has_left(void *arg)
{
	(void)arg;
	return left > 0;
}

static void
leave(void)
{
	left = 0;
	member_leave(member, on_left, NULL);
}

/* The highest ones, for a later reply may come from a Redis that has missed something. */
static void
heartbeats_tell_the_highest_term_and_epoch_seen(void **state)
{
	const struct fake_line lines[] = {
		{ REGISTER, scene_reply(&scene, "created", NODE("3")) },
		{ HEARTBEAT, scene_reply(&scene, "ok", BEAT("7", "50", "100")), 1 },
		{ HEARTBEAT, scene_reply(&scene, "ok", BEAT("6", "50", "101")), 1 },
		{ HEARTBEAT, NULL },
		{ NULL },
	};

	(void)state;
	start(lines);
	member_connected(member);
	scene_wait_calls(&scene, HEARTBEAT, 1);
	assert_string_equal(sent(NODE_HEARTBEAT_ITEM_ID), "n1");
	assert_string_equal(sent(NODE_HEARTBEAT_ITEM_INCARNATION), "3");
	scene_wait_calls(&scene, HEARTBEAT, 3);
	assert_string_equal(sent(NODE_HEARTBEAT_ITEM_TERM_SEEN), "7");
	assert_string_equal(sent(NODE_HEARTBEAT_ITEM_EPOCH_SEEN), "101");
	stop();
}

static void
a_heartbeat_without_a_reply_is_not_followed_by_another(void **state)
{
	const struct fake_line lines[] = {
		{ REGISTER, scene_reply(&scene, "created", NODE("3")) },
		{ HEARTBEAT, NULL },
		{ NULL },
	};
	long end;

	(void)state;
	start(lines);
	member_connected(member);
	scene_wait_calls(&scene, HEARTBEAT, 1);
	/* Neither after a reconnect, nor when the next one would be due. */
	member_connected(member);
	end = now_ms() + 3 * INTERVAL_MS;
	client_until(&scene.client, is_past, &end);
	assert_int_equal(redis_connection_in_flight(scene.client.c), 1);
	stop();
}

static void
a_node_that_is_not_known_registers_again(void **state)
{
	const struct fake_line lines[] = {
		{ REGISTER, scene_reply(&scene, "created", NODE("3")), 1 },
		{ REGISTER, scene_reply(&scene, "created", NODE("4")), 1 },
		{ HEARTBEAT, scene_reply(&scene, "ok", "failed\t\tNODE_NOT_FOUND n1"), 1 },
		{ HEARTBEAT, NULL },
		{ NULL },
	};

	(void)state;
	start(lines);
	member_connected(member);
	scene_wait_calls(&scene, HEARTBEAT, 2);
	assert_int_equal(calls(REGISTER), 2);
	assert_string_equal(sent(NODE_HEARTBEAT_ITEM_INCARNATION), "4");
	stop();
}

static void
a_later_process_with_the_same_id_silences_this_one(void **state)
{
	const struct fake_line lines[] = {
		{ REGISTER, scene_reply(&scene, "created", NODE("3")) },
		{ HEARTBEAT, scene_reply(&scene, "ok", "failed\t\tSTALE_INCARNATION n1") },
		{ LEAVE, NULL },
		{ NULL },
	};

	(void)state;
	start(lines);
	member_connected(member);
	scene_wait_calls(&scene, HEARTBEAT, 1);
	scene_wait_answers(&scene, 0);
	member_connected(member);
	assert_int_equal(redis_connection_in_flight(scene.client.c), 0);
	leave();
	scene_wait_calls(&scene, LEAVE, 1);
	assert_string_equal(fake_argument(&scene.fake, LEAVE, NODE_LEAVE_ARG_INCARNATION), "3");
	assert_int_equal(calls(HEARTBEAT), 1);
	stop();
}

/* Replies that come after the member has asked to leave start nothing. */
static void
nothing_is_sent_after_leaving(void **state)
{
	static const struct {
		const char *script, *reply, *row;
	} late[] = {
		{ REGISTER, "created", NODE("3") },
		{ HEARTBEAT, "ok", BEAT("7", "60", "1") },
		{ HEARTBEAT, "ok", "failed\t\tNODE_NOT_FOUND n1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(late); i++) {
		const struct fake_line lines[] = {
			{ late[i].script, NULL },
			{ REGISTER, scene_reply(&scene, "created", NODE("3")) },
			{ LEAVE, scene_reply(&scene, "ok", "0\t0") },
			{ NULL },
		};

		start(lines);
		member_connected(member);
		scene_wait_calls(&scene, late[i].script, 1);
		leave();
		fake_say(&scene.fake, scene_reply(&scene, late[i].reply, late[i].row));
		client_until(&scene.client, has_left, NULL);
		scene_wait_idle(&scene);
		assert_int_equal(redis_connection_in_flight(scene.client.c), 0);
		assert_int_equal(calls(REGISTER) + calls(HEARTBEAT), i == 0 ? 1 : 2);
		assert_int_equal(calls(LEAVE), 1);
		assert_int_equal(left, 1);
		stop();
	}
}

static void
one_that_never_registered_leaves_at_once(void **state)
{
	(void)state;
	start(NULL);
	leave();
	assert_int_equal(left, 1);
	scene_wait_idle(&scene);
	assert_int_equal(calls("EVALSHA"), 0);
	stop();
}

static void
a_full_queue_stops_no_registration(void **state)
{
	const struct fake_line lines[] = { { "HOLD", NULL }, { NULL } };

	(void)state;
	start(lines);
	scene_fill(&scene);
	member_connected(member);
	scene_wait_calls(&scene, REGISTER, 1);
	stop();
}

static void
a_full_queue_stops_neither_heartbeats_nor_leaving(void **state)
{
	const struct fake_line lines[] = {
		{ "HOLD", NULL },
		{ REGISTER, scene_reply(&scene, "created", NODE("3")) },
		{ HEARTBEAT, scene_reply(&scene, "ok", BEAT("7", "50", "1")), 1 },
		{ NULL },
	};

	(void)state;
	start(lines);
	member_connected(member);
	scene_wait_calls(&scene, HEARTBEAT, 1);
	scene_wait_answers(&scene, 0);
	scene_fill(&scene);
	scene_wait_calls(&scene, HEARTBEAT, 2);
	leave();
	scene_wait_calls(&scene, LEAVE, 1);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heartbeats_tell_the_highest_term_and_epoch_seen),
		cmocka_unit_test(a_heartbeat_without_a_reply_is_not_followed_by_another),
		cmocka_unit_test(a_node_that_is_not_known_registers_again),
		cmocka_unit_test(a_later_process_with_the_same_id_silences_this_one),
		cmocka_unit_test(nothing_is_sent_after_leaving),
		cmocka_unit_test(one_that_never_registered_leaves_at_once),
		cmocka_unit_test(a_full_queue_stops_no_registration),
		cmocka_unit_test(a_full_queue_stops_neither_heartbeats_nor_leaving),
	};

	return test_program(tests);
}
