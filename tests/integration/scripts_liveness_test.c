/* The scripts for expired heartbeats, called one by one: suspect and offline nodes, renewal and the
 * hold. */
#include "support/invariants.h"

#include <stdio.h>

static const char *
get(struct scripts *s, const char *id, const char *name)
{
	return scripts_redis(s, "HGET " PREFIX "node:%s %s", id, name);
}

static void
an_expired_node_becomes_suspect_and_then_offline(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	add_node(s, "n", "2", "");
	add_node(s, "m", "2", "");
	add_agent(s, "x", "");
	like(expire(s, term, HOUR, "10"), "ok||0|0|off|*");
	/* The deadline has passed, but the heartbeat is valid: the deadline is moved to its end. */
	scripts_redis(s, "ZADD " PREFIX "deadlines 1 m");
	like(expire(s, term, HOUR, "10"), "ok||1|0|off|*");
	like(scripts_redis(s, "ZSCORE " PREFIX "deadlines m"), "1????????????");
	assert_string_equal(get(s, "m", "suspect"), "");
	lapse(s, "m");
	like(expire(s, term, HOUR, "10"), "ok||1|0|off|*");
	check_invariants(s);
	assert_string_equal(get(s, "m", "suspect"), "1");
	assert_string_equal(get(s, "m", "status"), "online");
	assert_string_equal(scripts_redis(s, "ZSCORE " PREFIX "deadlines m"), "");
	like(scripts_redis(s, "ZSCORE " PREFIX "suspects m"), "1????????????");
	like(expire(s, term, HOUR, "10"), "ok||0|0|off|*");
	scripts_redis(s, "ZADD " PREFIX "suspects 1 m");
	like(expire(s, term, HOUR, "10"), "ok||0|1|off|*");
	check_invariants(s);
	assert_string_equal(get(s, "m", "status"), "offline");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "suspects"), "0");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "evacuating 0 -1"), "m");
	like(scripts_redis(s, "XREVRANGE " PREFIX "events + - COUNT 2"),
	    "*node.offline|node_id|m*node.suspect|node_id|m*");
	/* When it is back, it is healthy again; an entry of a node without a record is removed. */
	like(call(s, NODE_HEARTBEAT, "m", "", "", "", "", "", "", "", "", "", BEATS),
	    "ok|*-*|<m|*|online|1|*|l|*>");
	check_invariants(s);
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "evacuating"), "0");
	scripts_redis(s, "ZADD " PREFIX "deadlines 1 ghost");
	scripts_redis(s, "ZADD " PREFIX "suspects 1 ghost");
	like(expire(s, term, HOUR, "10"), "ok||1|1|off|*");
	assert_string_equal(scripts_redis(s, "ZSCORE " PREFIX "deadlines ghost"), "");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "suspects"), "0");
}

static void
a_suspect_node_that_sends_a_heartbeat_is_healthy_again(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	add_node(s, "n", "2", "");
	lapse(s, "n");
	expire(s, term, HOUR, "10");
	refused(s, "NO_CAPACITY unhealthy=1", AGENT_ASSIGN, "x", "", "", "", "");
	like(add_agent(s, "x", ""), "pending|*");
	like(call(s, NODE_HEARTBEAT, "n", "", "", "", "", "", "", "", "", "", BEATS),
	    "ok|*-*|<n|*|online|1|*|l|*>");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "suspects"), "0");
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "assignment:x node_id"), "n");
	check_invariants(s);
}

/* A place that becomes free on a node whose heartbeat has expired is given to no agent, also before the
 * node has become suspect. */
static void
an_expired_node_gets_no_agent_when_one_leaves(void **state)
{
	struct scripts *s = *state;

	add_node(s, "n", "1", "");
	add_agent(s, "x", "");
	like(add_agent(s, "y", ""), "pending|*");
	lapse(s, "n");
	like(call(s, AGENT_RELEASE, "x", ""), "deleted|*");
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "assignment:y node_id"), "");
	check_invariants(s);
	/* If it registers again, it is alive in the same call. */
	add_node(s, "n", "1", "");
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "assignment:y node_id"), "n");
	check_invariants(s);
}

static void
expire_is_bounded(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	for (i = 0; i < 5; i++) {
		add_node(s, fmt("n%d", i), "1", "");
		lapse(s, fmt("n%d", i));
	}
	/* With so many missing, none goes offline; they still become suspect. */
	like(expire(s, term, "0", "2"), "more||2|0|on|*");
	like(expire(s, term, "0", "2"), "more||2|0|on|*");
	like(expire(s, term, "0", "2"), "ok||1|0|on|*");
	check_invariants(s);
	call(s, HOLD_SET, "release");
	like(expire(s, term, "0", "4"), "more||0|4|off|*");
	like(expire(s, term, "0", "4"), "ok||0|1|off|*");
	check_invariants(s);
}

/* If more or less time has passed for Redis than for the leader, no node is declared anything. */
static void
expire_changes_nothing_after_a_clock_jump(void **state)
{
	struct scripts *s = *state;
	const char *digest;
	char term[32];

	elect(s, term);
	add_node(s, "n", "1", "");
	lapse(s, "n");
	digest = scripts_digest(s);
	like(call(s, NODE_EXPIRE, LEADER, "0", "9", HOUR, HOUR, "0", fmt("%lld", redis_ms(s) - 1)),
	    "discontinuity||0|0||1????????????");
	like(call(s, NODE_EXPIRE, LEADER, "0", "9", HOUR, HOUR, fmt("%lld", redis_ms(s) + 60000),
	         "9007199254740991"),
	    "discontinuity||0|0||1????????????");
	assert_string_equal(scripts_digest(s), digest);
	like(call(s, NODE_EXPIRE, LEADER, "0", "9", HOUR, HOUR, fmt("%lld", redis_ms(s) - 60000),
	         fmt("%lld", redis_ms(s) + 60000)),
	    "ok||1|1|off|*");
}

/* A heartbeat of the node with a TTL of 900 ms and an interval of 300 ms, for at most 10 heartbeats
 * a second. */
static const char *
beat_by_rate(struct scripts *s, const char *id)
{
	return call(s, NODE_HEARTBEAT, id, "", "", "", "", "", "", "", "", "", "900", "300", "10");
}

static void
the_interval_grows_with_the_number_of_nodes(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	for (i = 0; i < 3; i++)
		add_node(s, fmt("n%d", i), "1", "");
	like(beat_by_rate(s, "n0"), "ok|*|900||l|*|300|900|0>");
	for (; i < 6; i++)
		add_node(s, fmt("n%d", i), "1", "");
	like(beat_by_rate(s, "n0"), "ok|*|1800||l|*|600|1800|0>");
	like(scripts_redis(s, "PTTL " PREFIX "heartbeat:n0"), "1???");
	assert_true(strtoll(scripts_redis(s, "ZSCORE " PREFIX "deadlines n0"), NULL, 10) >
	    redis_ms(s) + 1000);
	/* A node that registers counts itself; a draining node sends heartbeats too. */
	like(call(s, NODE_REGISTER, "n6", "h", "10.0.0.1", "1", "worker", "1", "", "", "", "1", "",
	         "900", "300", "10"),
	    "created|*|2100|");
	like(call(s, NODE_REGISTER, "n6", "h", "10.0.0.1", "1", "worker", "1", "", "", "", "1", "",
	         "900", "300", "10"),
	    "exists|*|2100|");
	call(s, NODE_HEARTBEAT, "n1", "", "", "", "", "", "draining", "", "", "", BEATS);
	like(beat_by_rate(s, "n0"), "ok|*|2100||l|*|700|2100|0>");
	like(call(s, LEADER_CAMPAIGN, "l", "nonce", "http://l", HOUR, "900", "300", "10"),
	    "leader|*|2100");
	/* An offline node does not count until it is back. */
	lapse(s, "n2");
	expire(s, term, "0", "9");
	assert_string_equal(get(s, "n2", "status"), "offline");
	like(beat_by_rate(s, "n0"), "ok|*|1800||l|*|600|1800|0>");
	like(beat_by_rate(s, "n2"), "ok|*|2100||l|*|700|2100|0>");
	for (i = 1; i < 6; i++)
		call(s, NODE_LEAVE, fmt("n%d", i), "9", "", "d");
	like(beat_by_rate(s, "n0"), "ok|*|900||l|*|300|900|0>");
	/* A renewed heartbeat lasts as long as its node was told. */
	call(s, NODE_RENEW, LEADER, "9", "");
	like(scripts_redis(s, "PTTL " PREFIX "heartbeat:n6"), "[12]???");
	check_invariants(s);
}

static const char *
expire_by_rate(struct scripts *s, const char *term, const char *rate)
{
	return call(s, NODE_EXPIRE, LEADER, "10000", "9", "10000", HOUR, "0", "9007199254740991",
	    "1000", rate);
}

/* The grace period and the window are 10 s. Ten nodes, at one heartbeat a second for all, send one
 * every 10 s. */
static void
grace_period_and_window_grow_with_the_interval(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	for (i = 0; i < 10; i++)
		add_node(s, fmt("n%d", i), "1", "");
	lapse(s, "n0");
	like(expire_by_rate(s, term, "1"), "ok||1|0|off|*");
	scripts_redis(s, "ZADD " PREFIX "suspects XX %lld n0", redis_ms(s) - 60000);
	like(expire_by_rate(s, term, "1"), "ok||0|0|off|*");
	like(expire_by_rate(s, term, "10"), "ok||0|1|off|*");
	/* A minute later, two more have expired: with the first, they are a third of all nodes. */
	scripts_redis(s, "HSET " PREFIX "hold lost_since %lld", redis_ms(s) - 60000);
	lapse(s, "n1");
	lapse(s, "n2");
	like(expire_by_rate(s, term, "0"), "ok||2|0|off|*");
	like(expire_by_rate(s, term, "1"), "ok||0|0|on|*");
	check_invariants(s);
}

static void
renew_renews_the_heartbeats_of_all_but_offline_nodes(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	for (i = 0; i < 4; i++)
		add_node(s, fmt("n%d", i), "1", "");
	lapse(s, "n0");
	expire(s, term, "0", "9");
	lapse(s, "n1");
	expire(s, term, HOUR, "9");
	scripts_redis(s, "ZADD " PREFIX "suspects 1 n1");
	lapse(s, "n2");
	assert_string_equal(call(s, NODE_RENEW, LEADER, "3", ""), "ok||2|n2");
	assert_string_equal(call(s, NODE_RENEW, LEADER, "3", "n2"), "ok||1|");
	like(expire(s, term, HOUR, "9"), "ok||0|0|off|*");
	assert_string_equal(get(s, "n0", "status"), "offline");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "heartbeat:n0"), "0");
	assert_string_equal(get(s, "n1", "suspect"), "1");
	/* The new deadline is after the heartbeat TTL, an hour, whatever the grace period. */
	assert_string_equal(scripts_redis(s, "ZSCORE " PREFIX "suspects n1"), "1");
	like(expire(s, term, "0", "9"), "ok||0|0|off|*");
	assert_true(strtoll(scripts_redis(s, "HGET " PREFIX "hold rest_until"), NULL, 10) >
	    redis_ms(s) + 3500000);
	like(scripts_redis(s, "PTTL " PREFIX "heartbeat:n2"), "3??????");
	assert_true(strtoll(scripts_redis(s, "ZSCORE " PREFIX "deadlines n2"), NULL, 10) >
	    redis_ms(s) + 3500000);
	check_invariants(s);
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
renew_corrects_times_in_the_future(void **state)
{
	static const char *const times[] = { "since", "began", "cleared_at", "rest_until" };
	struct scripts *s = *state;
	long long ahead = redis_ms(s) + 3600000;
	char term[32];
	size_t i;

	elect(s, term);
	add_node(s, "dead", "1", "");
	lapse(s, "dead");
	expire(s, term, "0", "9");
	scripts_redis(s, "ZADD " PREFIX "evacuating XX %lld dead", ahead);
	scripts_redis(s,
	    "HSET " PREFIX "hold state on why mass_lapse since %lld cleared_at %lld confirmed_at "
	    "%lld rest_until %lld lost 9 lost_since %lld began %lld",
	    ahead, ahead, ahead, ahead, ahead, ahead);
	assert_string_equal(call(s, NODE_RENEW, LEADER, "9", ""), "ok||0|");
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		assert_true(strtoll(scripts_redis(s, "HGET " PREFIX "hold %s", times[i]), NULL,
		                10) <= redis_ms(s));
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "hold confirmed_at"), "0");
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "hold lost_since"), "0");
	assert_true(
	    strtoll(scripts_redis(s, "ZSCORE " PREFIX "evacuating dead"), NULL, 10) <= redis_ms(s));
	check_invariants(s);
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
every_script_for_liveness_was_called(void **state)
{
	(void)state;
	scripts_check_called("liveness");
}

int
main(void)
{
	const struct CMUnitTest scripts_liveness[] = {
		scripts_test(an_expired_node_becomes_suspect_and_then_offline),
		scripts_test(a_suspect_node_that_sends_a_heartbeat_is_healthy_again),
		scripts_test(an_expired_node_gets_no_agent_when_one_leaves),
		scripts_test(expire_is_bounded),
		scripts_test(expire_changes_nothing_after_a_clock_jump),
		scripts_test(the_interval_grows_with_the_number_of_nodes),
		scripts_test(grace_period_and_window_grow_with_the_interval),
		scripts_test(renew_renews_the_heartbeats_of_all_but_offline_nodes),
		scripts_test(renew_corrects_times_in_the_future),
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
		cmocka_unit_test(every_script_for_liveness_was_called),
	};

	return test_program(scripts_liveness);
}
