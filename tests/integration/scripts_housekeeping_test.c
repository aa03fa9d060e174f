/* The scripts of the leader's housekeeping, called one by one. The test makes heartbeats expire. */
#include "support/invariants.h"

#include <stdio.h>

static const char *
get(struct scripts *s, const char *id, const char *name)
{
	return scripts_redis(s, "HGET " PREFIX "node:%s %s", id, name);
}

/* Each task, in every way of not holding the lease, while there is work to do. */
static void
housekeeping_without_the_lease_changes_nothing(void **state)
{
	static const enum script_id scripts[] = { SCRIPT_NODE_EXPIRE, SCRIPT_NODE_EVACUATE,
		SCRIPT_PENDING_PLACE, SCRIPT_ORPHAN_DETECT, SCRIPT_INDEX_DROP, SCRIPT_NODE_RENEW };
	static const char *const rest[][2] = { { "0", "10" }, { "10", NULL }, { "10", NULL },
		{ "10", "" }, { "0", NULL }, { "10", "" } };
	struct scripts *s = *state;
	char term[32];
	size_t i, j;

	elect(s, term);
	add_node(s, "gone", "1", "");
	add_agent(s, "x", "");
	lapse(s, "gone");
	expire(s, term, "0", "10");
	add_node(s, "late", "0", "");
	add_agent(s, "y", "");
	lapse(s, "late");
	call(s, AGENT_ASSIGN, "z", "", "weighted", "", "queue");
	call(s, AGENT_ASSIGN, "z", "", "weighted", "", "queue");
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		const char *other = fmt("%lld", strtoll(term, NULL, 10) - 1);
		const char *const holders[][3] = { { "l", "nonce", other }, { "l", "stale", term },
			{ "m", "nonce", term }, { "", "", "" } };

		for (j = 0; j < sizeof(holders) / sizeof(holders[0]); j++)
			scripts_check_refused(__FILE__, __LINE__, s, "NOT_LEADER", scripts[i],
			    (const char *[]){ holders[j][0], holders[j][1], holders[j][2],
			        rest[i][0], rest[i][1], NULL });
	}
	scripts_redis(s, "DEL " PREFIX "lease");
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		scripts_check_refused(__FILE__, __LINE__, s, "NOT_LEADER", scripts[i],
		    (const char *[]){ LEADER, rest[i][0], rest[i][1], NULL });
}

/* Makes the node's heartbeat expire and declares the node offline. */
static void
bury(struct scripts *s, const char *term, const char *id)
{
	lapse(s, id);
	expire(s, term, "0", "10");
	assert_string_equal(get(s, id, "status"), "offline");
}

static void
evacuate_moves_in_bounded_batches(void **state)
{
	struct scripts *s = *state;
	char term[32];
	long long epoch;
	int i;

	elect(s, term);
	assert_string_equal(call(s, NODE_EVACUATE, LEADER, "2"), "ok|||0|0");
	add_node(s, "n", "5", "");
	for (i = 0; i < 5; i++)
		add_agent(s, fmt("a%d", i), "");
	epoch = strtoll(scripts_redis(s, "HGET " PREFIX "assignment:a0 epoch"), NULL, 10);
	add_node(s, "m", "3", "");
	bury(s, term, "n");
	assert_string_equal(call(s, NODE_EVACUATE, LEADER, "2"), "more||n|2|0");
	check_invariants(s);
	assert_string_equal(get(s, "n", "active_agents"), "3");
	assert_string_equal(call(s, NODE_EVACUATE, LEADER, "2"), "more||n|1|1");
	check_invariants(s);
	assert_string_equal(call(s, NODE_EVACUATE, LEADER, "2"), "ok||n|0|1");
	check_invariants(s);
	like(call(s, NODE_EVACUATE, LEADER, "2"), "ok||*|0|0");
	assert_string_equal(get(s, "n", "status"), "offline");
	like(call(s, AGENT_GET, "a0"), "ok||<a0|m|assigned|*|n|node_lost||||host-m|*>");
	assert_true(
	    strtoll(scripts_redis(s, "HGET " PREFIX "assignment:a0 epoch"), NULL, 10) > epoch);
	like(call(s, AGENT_GET, "a3"), "ok||<a3||pending|*|n|node_lost|*>");
	/* When it is back, it has no agents that were moved, and gets pending ones. */
	call(s, NODE_HEARTBEAT, "n", "", "", "", "", "", "", "", "", "", BEATS);
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "a3|a4");
	check_invariants(s);
}

static void
evacuate_starts_with_the_longest_dead_and_ends_departures(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	add_node(s, "z", "2", "");
	add_node(s, "a", "2", "");
	for (i = 0; i < 4; i++)
		add_agent(s, fmt("x%d", i), "");
	add_node(s, "m", "9", "");
	assert_string_equal(call(s, NODE_LEAVE, "z", "1", "", "d"), "more");
	bury(s, term, "a");
	scripts_redis(s, "ZADD " PREFIX "evacuating 1 z");
	assert_string_equal(call(s, NODE_EVACUATE, LEADER, "5"), "more||z|1|0");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "node:z"), "0");
	check_invariants(s);
	like(scripts_redis(s, "XREVRANGE " PREFIX "events + - COUNT 1"), "*node.left|node_id|z*");
	assert_string_equal(call(s, NODE_EVACUATE, LEADER, "5"), "ok||a|2|0");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "node:a"), "1");
	check_invariants(s);
}

static void
pending_place_places_by_age_and_group(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	assert_string_equal(call(s, PENDING_PLACE, LEADER, "9"), "ok||0|0");
	add_node(s, "n", "0", "a,b");
	for (i = 0; i < 6; i++)
		add_agent(s, fmt("q%d", i), i == 0 ? "c" : i % 2 ? "a" : "b");
	/* Capacity that no script has seen, as if one had ended too early. */
	assert_string_equal(call(s, PENDING_PLACE, LEADER, "9"), "ok||0|0");
	scripts_redis(s, "HSET " PREFIX "node:n max_agents 4");
	scripts_redis(s, "HSET " PREFIX "totals capacity 4 room 4");
	scripts_redis(s, "ZADD " PREFIX "placement:least_loaded:worker/a,b 0 n");
	scripts_redis(s, "HSET " PREFIX "class:worker/a,b eligible 1");
	scripts_redis(s, "HSET " PREFIX "settings open_classes worker/a,b");
	check_invariants(s);
	/* It is for the pending agents, not for a new one. */
	refused(s, "NO_CAPACITY waiting=5", AGENT_ASSIGN, "new", "b", "", "", "");
	assert_string_equal(call(s, PENDING_PLACE, LEADER, "3"), "ok||3|1");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "q1|q2|q3");
	check_invariants(s);
	assert_string_equal(call(s, PENDING_PLACE, LEADER, "3"), "ok||1|0");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "pending 0 -1"), "q0|q5");
	check_invariants(s);
	/* An entry without a record is removed when it is its turn, and holds nobody up. */
	add_agent(s, "q6", "a");
	scripts_redis(s, "DEL " PREFIX "assignment:q5");
	scripts_redis(s, "HDEL " PREFIX "roster:1 q5");
	call(s, AGENT_RELEASE, "q1", "");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "q2|q3|q4|q6");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "pending 0 -1"), "q0");
	check_invariants(s);
}

static void
orphans_are_found_page_by_page_and_placed(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	assert_string_equal(call(s, ORPHAN_DETECT, LEADER, "2", ""), "ok||0|");
	add_node(s, "n", "5", "");
	for (i = 0; i < 5; i++)
		add_agent(s, fmt("a%d", i), "");
	assert_string_equal(call(s, ORPHAN_DETECT, LEADER, "9", ""), "ok||0|");
	add_node(s, "m", "4", "");
	/* The record of n is lost, as after a failover that lost writes. */
	scripts_redis(s, "DEL " PREFIX "node:n");
	scripts_redis(s, "DEL " PREFIX "heartbeat:n");
	assert_string_equal(call(s, ORPHAN_DETECT, LEADER, "2", ""), "ok||2|2");
	assert_string_equal(call(s, ORPHAN_DETECT, LEADER, "2", "2"), "ok||2|4");
	assert_string_equal(call(s, ORPHAN_DETECT, LEADER, "2", "4"), "ok||1|");
	assert_string_equal(call(s, ORPHAN_DETECT, LEADER, "9", ""), "ok||0|");
	assert_string_equal(scripts_redis(s, "ZCARD " PREFIX "node_agents:m"), "4");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "node_agents:n"), "0");
	like(call(s, AGENT_GET, "a0"), "ok||<a0|m|assigned|*|n|node_lost|*>");
	like(call(s, AGENT_GET, "a4"), "ok||<a4||pending|*|n|node_lost|*>");
}

static void
only_an_unused_index_is_dropped(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	add_node(s, "n", "9", "");
	add_agent(s, "x", "");
	call(s, AGENT_ASSIGN, "y", "", "weighted", "", "");
	like(call(s, AGENT_ASSIGN, "y", "", "weighted", "", ""), "created|*");
	assert_string_equal(call(s, INDEX_DROP, LEADER, HOUR), "ok||");
	scripts_redis(s, "HSET " PREFIX "settings used:weighted 1000");
	assert_string_equal(call(s, INDEX_DROP, LEADER, HOUR), "ok||weighted");
	assert_string_equal(
	    scripts_redis(s, "HMGET " PREFIX "settings indexes used:weighted"), "least_loaded|");
	check_invariants(s);
	assert_string_equal(call(s, INDEX_DROP, LEADER, "0"), "ok||");
	/* A pending agent that asked for this strategy now uses the cluster's. */
	call(s, NODE_HEARTBEAT, "n", "", "", "", "", "", "draining", "", "", "", BEATS);
	call(s, AGENT_RELEASE, "y", "");
	call(s, AGENT_ASSIGN, "y", "", "weighted", "", "queue");
	like(call(s, AGENT_ASSIGN, "y", "", "weighted", "", "queue"), "pending|*|weighted|*");
	scripts_redis(s, "HSET " PREFIX "settings used:weighted 1000");
	assert_string_equal(call(s, INDEX_DROP, LEADER, HOUR), "ok||weighted");
	call(s, NODE_HEARTBEAT, "n", "", "", "", "", "", "online", "", "", "", BEATS);
	like(call(s, AGENT_GET, "y"), "ok||<y|n|assigned|*|least_loaded|*>");
	check_invariants(s);
}

static void
every_script_of_housekeeping_was_called(void **state)
{
	(void)state;
	scripts_check_called("housekeeping");
}

int
main(void)
{
	const struct CMUnitTest scripts_housekeeping[] = {
		scripts_test(housekeeping_without_the_lease_changes_nothing),
		scripts_test(evacuate_moves_in_bounded_batches),
		scripts_test(evacuate_starts_with_the_longest_dead_and_ends_departures),
		scripts_test(pending_place_places_by_age_and_group),
		scripts_test(orphans_are_found_page_by_page_and_placed),
		scripts_test(only_an_unused_index_is_dropped),
		cmocka_unit_test(every_script_of_housekeeping_was_called),
	};

	return test_program(scripts_housekeeping);
}
