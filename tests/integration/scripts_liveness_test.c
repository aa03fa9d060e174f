/* The scripts for expired heartbeats, called one by one: suspect and offline nodes, and renewal. */
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
		cmocka_unit_test(every_script_for_liveness_was_called),
	};

	return test_program(scripts_liveness);
}
