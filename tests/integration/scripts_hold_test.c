/* The scripts for the hold, called one by one: when it begins and ends, and what waits meanwhile. */
#include "support/invariants.h"

#include <stdio.h>

static const char *
get(struct scripts *s, const char *id, const char *name)
{
	return scripts_redis(s, "HGET " PREFIX "node:%s %s", id, name);
}

/* Five nodes with one agent each; three are missing. */
static void
enter_hold(struct scripts *s, char term[32])
{
	int i;

	elect(s, term);
	for (i = 0; i < 5; i++)
		add_node(s, fmt("n%d", i), "1", "");
	for (i = 0; i < 5; i++)
		like(add_agent(s, fmt("a%d", i), ""), "created|*");
	assert_string_equal(call_bare(s, HOLD_GET), "ok||off|||0|");
	for (i = 0; i < 3; i++)
		lapse(s, fmt("n%d", i));
	like(expire(s, term, "0", "9"), "ok||3|0|on|*");
}

static void
a_hold_moves_nothing_until_it_is_released(void **state)
{
	struct scripts *s = *state;
	char term[32];

	enter_hold(s, term);
	scripts_redis(s, "ZADD " PREFIX "suspects XX 1 n2");
	like(call_bare(s, HOLD_GET), "ok||on|1????????????|mass_lapse|3|n0,n1,n2");
	like(scripts_redis(s, "XREVRANGE " PREFIX "events + - COUNT 1"),
	    "*type|hold.entered|why|mass_lapse*");
	like(call_bare(s, STATS_GET), "*|1|||<round_robin|*");
	like(expire(s, term, "0", "9"), "ok||0|0|on|*");
	/* Orphans wait too, and so do the agents of nodes that went offline before. */
	scripts_redis(s, "ZADD " PREFIX "evacuating 1 n0 2 ghost");
	assert_string_equal(call(s, NODE_EVACUATE, LEADER, "9"), "ok|||0|0");
	scripts_redis(s, "DEL " PREFIX "evacuating");
	assert_string_equal(call(s, ORPHAN_DETECT, LEADER, "9", "a1"), "ok||0|a1");
	check_invariants(s);
	/* A node that leaves continues to leave. */
	assert_string_equal(call(s, NODE_LEAVE, "n4", "1", "", "d"), "more");
	assert_string_equal(call(s, NODE_EVACUATE, LEADER, "1"), "ok|||0|0");
	scripts_redis(s, "ZADD " PREFIX "evacuating XX 1 n4"); /* its caller has given up */
	assert_string_equal(call(s, NODE_EVACUATE, LEADER, "1"), "ok||n4|0|0");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "node:n4"), "0");
	check_invariants(s);
	like(call(s, HOLD_SET, "release"), "ok|*-*|off|||0|");
	assert_string_equal(call(s, HOLD_SET, "release"), "ok||off|||0|");
	like(scripts_redis(s, "XREVRANGE " PREFIX "events + - COUNT 1"),
	    "*type|hold.left|why|released*");
	/* Nodes that were missing by then do not start a hold again. */
	like(expire(s, term, "0", "9"), "ok||0|3|off|*");
	check_invariants(s);
}

static void
an_operators_decision_survives_a_renewal(void **state)
{
	static const char *const words[] = { "release", "confirm_dead" };
	struct scripts *s = *state;
	char term[32];
	size_t i;

	enter_hold(s, term);
	for (i = 0; i < 2; i++) {
		assert_string_equal(call(s, NODE_RENEW, LEADER, "9", ""), "ok||5|");
		like(expire(s, term, "0", "9"), "ok||0|0|on|*");
		like(call(s, HOLD_SET, words[i]), "ok|*-*|off|*");
		like(expire(s, term, i == 0 ? "0" : HOUR, "9"), "ok||0|3|off|*");
		like(expire(s, term, "0", "9"), "ok||0|0|off|*");
		check_invariants(s);
		if (i == 1)
			break;
		for (int k = 0; k < 3; k++) {
			call(s, NODE_HEARTBEAT, fmt("n%d", k), "", "", "", "", "", "", "", "", "",
			    BEATS);
			lapse(s, fmt("n%d", k));
		}
		like(expire(s, term, "0", "9"), "ok||3|0|on|*");
	}
}

static void
a_hold_ends_when_the_nodes_come_back(void **state)
{
	struct scripts *s = *state;
	char term[32];

	enter_hold(s, term);
	call(s, NODE_HEARTBEAT, "n0", "", "", "", "", "", "", "", "", "", BEATS);
	/* The two remaining ones are not many: each has its own grace period, which has ended. */
	like(expire(s, term, "0", "9"), "ok||0|2|off|*");
	like(scripts_redis(s, "XRANGE " PREFIX "events - +"),
	    "*type|hold.left|why|recovered*node.offline*");
	assert_string_equal(get(s, "n0", "status"), "online");
	check_invariants(s);
}

static void
missing_nodes_get_a_grace_period_when_a_hold_ends(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	enter_hold(s, term);
	call(s, NODE_HEARTBEAT, "n0", "", "", "", "", "", "", "", "", "", BEATS);
	for (i = 1; i < 3; i++)
		scripts_redis(s, "ZADD " PREFIX "suspects XX %lld n%d", redis_ms(s) - 70000, i);
	like(expire(s, term, "60000", "9"), "ok||0|0|off|*");
	like(expire(s, term, "60000", "9"), "ok||0|0|off|*");
	assert_string_equal(get(s, "n1", "status"), "online");
	scripts_redis(s, "HSET " PREFIX "hold rest_until %lld", redis_ms(s) - 1);
	like(expire(s, term, "60000", "9"), "ok||0|2|off|*");
	check_invariants(s);
}

static void
a_hold_ends_after_its_maximum_time(void **state)
{
	struct scripts *s = *state;
	char term[32];

	enter_hold(s, term);
	scripts_redis(s, "HSET " PREFIX "hold since 1 began 1");
	like(expire(s, term, "0", "9"), "ok||0|3|off|*");
	/* Nodes that were held do not count for another hold. */
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "hold lost"), "0");
	like(scripts_redis(s, "XRANGE " PREFIX "events - +"), "*type|hold.left|why|hold_max*");
	check_invariants(s);
}

/* n0 comes back, so that two nodes are missing, and is missing again. */
static void
flap(struct scripts *s, const char *term)
{
	call(s, NODE_HEARTBEAT, "n0", "", "", "", "", "", "", "", "", "", BEATS);
	like(expire(s, term, HOUR, "9"), "ok||0|0|off|*");
	lapse(s, "n0");
}

static void
a_hold_that_begins_again_is_the_same(void **state)
{
	struct scripts *s = *state;
	char term[32], since[32];

	enter_hold(s, term);
	snprintf(since, sizeof(since), "%s", part(call_bare(s, HOLD_GET), 3));
	flap(s, term);
	like(expire(s, term, HOUR, "9"), "ok||1|0|on|*");
	assert_string_equal(part(call_bare(s, HOLD_GET), 3), since);
	/* When it has lasted for an hour in all, it ends, and does not begin again at once. */
	flap(s, term);
	scripts_redis(s, "HSET " PREFIX "hold began %lld", redis_ms(s) - 3600001);
	like(expire(s, term, HOUR, "9"), "ok||1|0|off|*");
	/* A window later, it is another one. */
	scripts_redis(s, "HSET " PREFIX "hold since %lld", redis_ms(s) - 3600001);
	like(expire(s, term, HOUR, "9"), "ok||0|0|on|*");
	assert_true(strtoll(part(call_bare(s, HOLD_GET), 3), NULL, 10) > redis_ms(s) - 60000);
	/* After an operator's decision, too. */
	flap(s, term);
	scripts_redis(s, "HSET " PREFIX "hold began 1");
	like(call(s, HOLD_SET, "release"), "ok||off|*");
	scripts_redis(s, "HSET " PREFIX "hold cleared_at 0");
	like(expire(s, term, HOUR, "9"), "ok||1|0|on|*");
	check_invariants(s);
}

/* The grace period after a hold does not make it longer than it may be. */
static void
what_is_left_of_a_hold_bounds_the_grace_period_after_it(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	enter_hold(s, term);
	scripts_redis(s, "HSET " PREFIX "hold began %lld", redis_ms(s) - 3599000);
	for (i = 1; i < 3; i++)
		scripts_redis(s, "ZADD " PREFIX "suspects XX %lld n%d", redis_ms(s) - 70000, i);
	call(s, NODE_HEARTBEAT, "n0", "", "", "", "", "", "", "", "", "", BEATS);
	like(expire(s, term, "60000", "9"), "ok||0|0|off|*");
	assert_true(strtoll(scripts_redis(s, "HGET " PREFIX "hold rest_until"), NULL, 10) <=
	    redis_ms(s) + 1000);
	check_invariants(s);
}

/* Redis was silent for longer than a hold may last, so its end says nothing about the nodes. */
static void
a_renewal_outlives_the_end_of_a_hold(void **state)
{
	struct scripts *s = *state;
	char term[32];

	enter_hold(s, term);
	scripts_redis(s, "HSET " PREFIX "hold since 1 began 1");
	assert_string_equal(call(s, NODE_RENEW, LEADER, "9", ""), "ok||5|");
	like(expire(s, term, "0", "9"), "ok||0|0|off|*");
	assert_string_equal(get(s, "n0", "status"), "online");
	check_invariants(s);
}

static void
only_an_operator_ends_an_operators_hold(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	add_node(s, "n", "1", "");
	like(call(s, HOLD_SET, "enter"), "ok|*-*|on|1????????????|operator|0|");
	like(call(s, HOLD_SET, "enter"), "ok||on|1????????????|operator|0|");
	scripts_redis(s, "HSET " PREFIX "hold since 1");
	lapse(s, "n");
	like(expire(s, term, "0", "9"), "ok||1|0|on|*");
	like(expire(s, term, "0", "9"), "ok||0|0|on|*");
	/* They go offline without a grace period. */
	like(call(s, HOLD_SET, "confirm_dead"), "ok|*-*|off|||0|");
	like(scripts_redis(s, "XREVRANGE " PREFIX "events + - COUNT 1"),
	    "*type|hold.left|why|confirmed_dead*");
	like(expire(s, term, HOUR, "9"), "ok||0|1|off|*");
	check_invariants(s);
}

/* Nodes that went offline one by one within the window count together with the missing ones. */
static void
nodes_lost_in_the_same_window_are_counted(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	for (i = 0; i < 6; i++)
		add_node(s, fmt("n%d", i), "1", "");
	for (i = 0; i < 2; i++) {
		lapse(s, fmt("n%d", i));
		like(expire(s, term, "0", "9"), "ok||1|1|off|*");
	}
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "hold lost"), "2");
	lapse(s, "n2");
	like(expire(s, term, "0", "9"), "ok||1|0|on|*");
	/* After the window, only one node is missing. */
	scripts_redis(s, "HSET " PREFIX "hold lost_since 1");
	like(expire(s, term, "0", "9"), "ok||0|1|off|*");
	check_invariants(s);
}

static void
every_script_for_the_hold_was_called(void **state)
{
	(void)state;
	scripts_check_called("hold");
}

int
main(void)
{
	const struct CMUnitTest scripts_hold[] = {
		scripts_test(a_hold_moves_nothing_until_it_is_released),
		scripts_test(an_operators_decision_survives_a_renewal),
		scripts_test(a_hold_ends_when_the_nodes_come_back),
		scripts_test(missing_nodes_get_a_grace_period_when_a_hold_ends),
		scripts_test(a_hold_ends_after_its_maximum_time),
		scripts_test(a_hold_that_begins_again_is_the_same),
		scripts_test(what_is_left_of_a_hold_bounds_the_grace_period_after_it),
		scripts_test(a_renewal_outlives_the_end_of_a_hold),
		scripts_test(only_an_operator_ends_an_operators_hold),
		scripts_test(nodes_lost_in_the_same_window_are_counted),
		cmocka_unit_test(every_script_for_the_hold_was_called),
	};

	return test_program(scripts_hold);
}
