/* The scripts for the whole cluster, called one by one: settings, indexes, statistics. */
#include "support/invariants.h"

#include "base/choices.h"

#include <stdio.h>

enum { STEP = 100 }; /* the number of nodes that one call adds to an index */

static const char *
setting(struct scripts *s, const char *name)
{
	return scripts_redis(s, "HGET " PREFIX "settings %s", name);
}

static const char *
set_strategy(struct scripts *s, const char *name)
{
	const char *text;

	do
		text = call(s, BALANCE_SET, name);
	while (strcmp(text, "more") == 0);
	return text;
}

static void
the_first_settings_are_kept(void **state)
{
	struct scripts *s = *state;

	refused(s, "UNKNOWN_STRATEGY", CLUSTER_INIT, "best", "", "", "", "");
	like(call(s, CLUSTER_INIT, "round-robin", "0.5", "", "0.2", "30"),
	    "ok||round_robin|0.5|0.3|0.2|30");
	assert_string_equal(setting(s, "strategy"), "round_robin");
	assert_true(strtod(setting(s, "weight_memory"), NULL) == 0.3);
	like(call(s, CLUSTER_INIT, "weighted", "0.9", "0.1", "0.9", "40"),
	    "ok||round_robin|0.5|0.3|0.2|30");
	assert_string_equal(setting(s, "strategy"), "round_robin");
	refused(s, "UNKNOWN_STRATEGY", CLUSTER_INIT, "best", "1", "1", "1", "1");
	/* Without any wishes, the defaults are set. */
	scripts_redis(s, "FLUSHDB");
	like(call(s, CLUSTER_INIT, "", "", "", "", ""), "ok||least_loaded|0.4|0.3|0.3|256");
	like(call(s, CLUSTER_INIT, "random", "1", "1", "1", ""), "ok||least_loaded|0.4|0.3|0.3|256");
}

static void
balance_is_read_and_set(void **state)
{
	struct scripts *s = *state;

	assert_string_equal(call_bare(s, BALANCE_GET), "ok||least_loaded");
	assert_string_equal(scripts_redis(s, "DBSIZE"), "0");
	refused(s, "UNKNOWN_STRATEGY", BALANCE_SET, "best");
	add_node(s, "n", "2", "");
	assert_string_equal(call(s, BALANCE_SET, "weighted"), "more");
	like(call(s, BALANCE_SET, "weighted"), "ok|*-*|weighted|least_loaded");
	like(scripts_redis(s, "XREVRANGE " PREFIX "events + - COUNT 1"),
	    "*type|strategy.changed|strategy|weighted|previous|least_loaded*");
	check_invariants(s);
	assert_string_equal(call(s, BALANCE_SET, "weighted"), "ok||weighted|weighted");
	like(set_strategy(s, "least-agents"), "ok|*-*|least_agents|weighted");
	assert_string_equal(setting(s, "indexes"), "least_agents,weighted");
	like(setting(s, "used:weighted"), "1????????????");
	assert_string_equal(call_bare(s, BALANCE_GET), "ok||least_agents");
	check_invariants(s);
}

/* The index of each strategy is correct from its first use on, through changes of every kind. */
static void
the_index_of_each_strategy_follows_every_change(void **state)
{
	static const char *const names[] = { STRATEGY_LIST };
	struct scripts *s = *state;
	size_t i;

	add_node(s, "a", "3", "x");
	add_node(s, "b", "5", "x,y");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		set_strategy(s, names[i]);
		check_invariants(s);
		like(add_agent(s, names[i], "x"), "created|*");
		check_invariants(s);
	}
	call(s, NODE_HEARTBEAT, "b", "50", "25", "1", "0.5", "", "", "", "", "", BEATS);
	check_invariants(s);
	add_node(s, "b", "4", "y");
	check_invariants(s);
	call(s, NODE_HEARTBEAT, "a", "", "", "", "", "0", "", "", "", "", BEATS);
	check_invariants(s);
	call(s, AGENT_RELEASE, "random", "");
	check_invariants(s);
	call(s, NODE_LEAVE, "b", "9", "", "d");
	check_invariants(s);
	call(s, NODE_HEARTBEAT, "a", "", "", "", "", "1", "", "", "", "", BEATS);
	check_invariants(s);
}

static void
an_index_of_many_nodes_is_built_in_steps(void **state)
{
	struct scripts *s = *state;
	int i;

	add_node(s, "n000", "5", "");
	like(add_agent(s, "first", ""), "created|*");
	for (i = 1; i < 2 * STEP + 1; i++)
		add_node(s, fmt("n%03d", i), "5", i % 2 ? "a" : "b");
	assert_string_equal(call(s, BALANCE_SET, "least_agents"), "more");
	assert_string_equal(setting(s, "building"), "least_agents");
	assert_string_equal(setting(s, "cursor"), "n099");
	assert_string_equal(setting(s, "strategy"), "");
	assert_string_equal(
	    scripts_redis(s, "ZCARD " PREFIX "placement:least_agents:worker/a"), "50");
	check_invariants(s);
	/* Meanwhile, there are changes before and after the cursor, and another index is
	 * requested. */
	like(add_agent(s, "x", "a"), "created|*");
	add_node(s, "n050", "5", "a");
	add_node(s, "n150", "0", "b");
	call(s, NODE_LEAVE, "n000", "9", "", "d");
	call(s, NODE_LEAVE, "n199", "9", "", "d");
	check_invariants(s);
	assert_string_equal(call(s, AGENT_ASSIGN, "y", "", "weighted", "", ""), "more");
	assert_string_equal(setting(s, "building"), "least_agents");
	assert_string_equal(setting(s, "cursor"), "n200");
	assert_string_equal(call(s, AGENT_ASSIGN, "y", "", "weighted", "", ""), "more");
	assert_string_equal(setting(s, "building"), "");
	assert_string_equal(setting(s, "indexes"), "least_agents,least_loaded");
	check_invariants(s);
	like(call(s, BALANCE_SET, "least_agents"), "ok|*-*|least_agents|least_loaded");
	for (i = 0; i < 2; i++)
		assert_string_equal(call(s, AGENT_ASSIGN, "y", "", "weighted", "", ""), "more");
	like(call(s, AGENT_ASSIGN, "y", "", "weighted", "", ""), "created|*");
	check_invariants(s);
}

static void
statistics_equal_a_recount(void **state)
{
	struct scripts *s = *state;
	const char *digest;

	assert_string_equal(call_bare(s, STATS_GET),
	    "ok||0|0|0|0|0|0|0|0|0|0.0|0|0|0|0|0|0|0|0|0|0|least_loaded|||0|||<round_robin|0>|"
	    "<least_loaded|0>|<least_agents|0>|<random|0>|<weighted|0>|<packed|0>");
	add_node(s, "a", "3", "");
	add_node(s, "b", "1", "");
	add_node(s, "c", "2", "only");
	call(s, NODE_HEARTBEAT, "a", "10", "20", "30", "1.5", "", "", "", "", "", BEATS);
	call(s, NODE_HEARTBEAT, "b", "30", "40", "50", "0.5", "", "", "", "", "", BEATS);
	call(s, NODE_HEARTBEAT, "c", "80", "90", "95", "9", "0", "draining", "", "", "", BEATS);
	add_agent(s, "1", "");
	add_agent(s, "2", "");
	add_agent(s, "3", "gpu");
	call(s, LEADER_CAMPAIGN, "l", "nonce", "http://l", "3600000", BEATS);
	digest = scripts_digest(s);
	/* nodes, agents, utilization, usage, placements by reason, strategy, leader, hold; by strategy */
	like(call_bare(s, STATS_GET),
	    "ok||3|2|0|1|2|2|1|6|2|33.3|20|30|40|1|2|0|0|0|0|0|"
	    "least_loaded|l|1????????????|0||service=1|<round_robin|0>|<least_loaded|2>|<least_agents|0>|"
	    "<random|0>|<weighted|0>|<packed|0>");
	assert_string_equal(scripts_digest(s), digest);
	check_invariants(s);
	/* A node whose heartbeat has expired does not count as healthy, whether that was handled or
	 * not. */
	scripts_redis(s, "ZADD " PREFIX "deadlines 1 b");
	like(call_bare(s, STATS_GET), "ok||3|2|0|1|1|2|1|6|2|*|*");
	like(call(s, NODE_LEAVE, "b", "9", "", "d"), "ok|*");
	like(call_bare(s, STATS_GET), "ok||2|1|0|1|1|2|1|5|1|40.0|10|20|30|1.5|2|0|0|0|0|0|*|*");
	add_node(s, "d", "4", "");
	like(call(s, NODE_LEAVE, "a", "9", "", "d"), "ok|*|2|0");
	like(call_bare(s, STATS_GET), "ok||2|1|0|1|1|2|1|6|2|33.3|0|0|0|0|2|0|2|0|0|0|*|*");
	check_invariants(s);
}

/* All pages of the check. Returns all violations as one text. */
static const char *
state_check(struct scripts *s, const char *limit)
{
	char cursor[512] = "", rows[2048] = "";

	do {
		const char *text = call(s, STATE_CHECK, limit, cursor), *row = strstr(text, "|<");

		like(text, "ok||*|*");
		snprintf(cursor, sizeof(cursor), "%s", part(text, 2));
		if (row != NULL)
			snprintf(rows + strlen(rows), sizeof(rows) - strlen(rows), "%s", row);
	} while (cursor[0] != '\0');
	return fmt("%s", rows);
}

static void
state_check_finds_inconsistencies(void **state)
{
	struct scripts *s = *state;
	const char *digest;
	int i;

	for (i = 0; i < 5; i++)
		add_node(s, fmt("n%d", i), "1", i % 2 ? "a" : "a,b");
	for (i = 0; i < 7; i++)
		add_agent(s, fmt("a%d", i), "a");
	digest = scripts_digest(s);
	assert_string_equal(state_check(s, "2"), "");
	assert_string_equal(state_check(s, "200"), "");
	assert_string_equal(scripts_digest(s), digest);
	scripts_redis(s, "ZREM " PREFIX "node_agents:n0 a0");
	scripts_redis(s, "HINCRBY " PREFIX "totals capacity 1");
	like(state_check(s, "2"), "|<active_agents|n0|*<reverse|a0|*<totals|capacity|*>");
	refused(s, "INVALID_FIELD cursor:", STATE_CHECK, "2", "nothing");
}

static void
ready_check_fails_if_a_write_would_fail(void **state)
{
	struct scripts *s = *state;

	assert_string_equal(call_bare(s, READY_CHECK), "ok|");
	assert_string_equal(scripts_redis(s, "DBSIZE"), "0");
	scripts_redis(s, "REPLICAOF 127.0.0.1 1");
	refused_bare(s, "READONLY", READY_CHECK);
	assert_string_equal(call_bare(s, BALANCE_GET), "ok||least_loaded");
	scripts_redis(s, "REPLICAOF NO ONE");
	scripts_redis(s, "CONFIG SET maxmemory 1");
	refused_bare(s, "OOM", READY_CHECK);
	scripts_redis(s, "CONFIG SET maxmemory 0");
	assert_string_equal(call_bare(s, READY_CHECK), "ok|");
}

static void
event_list_returns_the_events_after_a_known_one(void **state)
{
	struct scripts *s = *state;
	const char *key = PREFIX "events", *first, *last, *digest;

	assert_string_equal(call(s, EVENT_LIST, "", "10"), fmt("ok||known|0-0|%s", key));
	assert_string_equal(call(s, EVENT_LIST, "0-0", "10"), fmt("ok||known|0-0|%s", key));
	first = part(add_node(s, "a", "3", ""), 1);
	add_node(s, "b", "3", "");
	last = part(add_node(s, "c", "3", ""), 1);
	digest = scripts_digest(s);
	assert_string_equal(call(s, EVENT_LIST, "", "10"), fmt("ok||known|%s|%s", last, key));
	assert_string_equal(call(s, EVENT_LIST, last, "10"), fmt("ok||known|%s|%s", last, key));
	like(call(s, EVENT_LIST, first, "1"),
	    fmt("ok||known|%s|%s|<*-*|<type|node.registered|node_id|b|status|online|healthy|1|"
	        "schedulable|1|created|1>>",
	        last, key));
	like(call(s, EVENT_LIST, "0-0", "10"),
	    fmt("ok||known|%s|%s|<%s|*node_id|a|*>>|<*node_id|b|*>>|<%s|*node_id|c|*>>", last, key,
	        first, last));
	assert_string_equal(call(s, EVENT_LIST, "5-5", "10"), fmt("ok||lost|%s|%s", last, key));
	assert_string_equal(
	    call(s, EVENT_LIST, "9999999999999-0", "10"), fmt("ok||lost|%s|%s", last, key));
	refused(s, "INVALID_FIELD", EVENT_LIST, "5", "10");
	assert_string_equal(scripts_digest(s), digest);
	scripts_redis(s, "XTRIM " PREFIX "events MAXLEN 2");
	assert_string_equal(call(s, EVENT_LIST, first, "10"), fmt("ok||lost|%s|%s", last, key));
	assert_string_equal(call(s, EVENT_LIST, "0-0", "10"), fmt("ok||lost|%s|%s", last, key));
}

static void
replication_mark_makes_a_write_to_wait_for(void **state)
{
	struct scripts *s = *state;
	assert_string_equal(call_bare(s, REPLICATION_MARK), "ok|");
	assert_string_equal(scripts_redis(s, "DBSIZE"), "1");
}

/* Each script that accepts an idempotency key, and its arguments before the key. */
static const struct {
	enum script_id id;
	const char *argv[16];
} keyed[] = {
	{ SCRIPT_NODE_REGISTER,
	    { "m", "h", "10.0.0.1", "80", "worker", "3", "", "", "", "3", "", BEATS } },
	{ SCRIPT_NODE_HEARTBEAT, { "n", "", "", "", "", "0", "", "", "", "", BEATS } },
	{ SCRIPT_AGENT_ASSIGN, { "y", "", "", "", "queue" } },
	{ SCRIPT_BALANCE_SET, { "random" } },
	{ SCRIPT_HOLD_SET, { "enter" } },
	{ SCRIPT_LEADER_PROMOTE, { "l" } },
};

static void
a_request_with_a_key_is_carried_out_once(void **state)
{
	struct scripts *s = *state;
	size_t i, n;

	add_node(s, "n", "5", "");
	add_agent(s, "x", "");
	call(s, LEADER_CAMPAIGN, "l", "nonce", "http://l", HOUR, BEATS);
	for (i = 0; i < sizeof(keyed) / sizeof(keyed[0]); i++) {
		const char *argv[24] = { NULL }, *digest;
		char first[512];

		for (n = 0; keyed[i].argv[n] != NULL; n++)
			argv[n] = keyed[i].argv[n];
		argv[n] = fmt("key-%zu", i);
		argv[n + 1] = "POST this";
		argv[n + 2] = HOUR;
		do
			snprintf(first, sizeof(first), "%s", scripts_call(s, keyed[i].id, argv));
		while (strcmp(first, "more") == 0);
		assert_true(first[0] != '!');
		like(scripts_redis(s, "PTTL " PREFIX "idempotency:%s", argv[n]), "3??????");
		digest = scripts_digest(s);
		assert_string_equal(scripts_call(s, keyed[i].id, argv), first);
		assert_string_equal(scripts_digest(s), digest);
		argv[n + 1] = "POST that";
		scripts_check_refused(
		    __FILE__, __LINE__, s, "IDEMPOTENCY_MISMATCH", keyed[i].id, argv);
	}
	check_invariants(s);
}

/* The number of rows in the reply of a list. */
static int
rows_of(const char *reply)
{
	int n = 0;

	for (; (reply = strchr(reply, '<')) != NULL; reply++)
		n++;
	return n;
}

/* A call reads a limited number of records, whether they match or not, and returns where it
 * stopped. */
static void
lists_read_a_limited_number_of_records(void **state)
{
	struct scripts *s = *state;
	const char *text;
	int i;

	for (i = 0; i < 300; i++) {
		add_node(s, fmt("n%03d", i), "10", "");
		add_agent(s, fmt("a%03d", i), "");
	}
	text = call(s, NODE_LIST, "1000", "", "", "", "", "");
	like(text, "page||n099|<n000|*");
	assert_int_equal(rows_of(text), 100);
	text = call(s, NODE_LIST, "1000", "n199", "", "", "", "");
	like(text, "ok|||<n200|*");
	assert_int_equal(rows_of(text), 100);
	like(call(s, NODE_LIST, "100", "", "", "", "", ""), "ok||n099|<n000|*");
	assert_string_equal(call(s, NODE_LIST, "9", "", "", "", "", "z"), "page||n249");
	assert_string_equal(call(s, NODE_LIST, "9", "n249", "", "", "", "z"), "ok||");
	assert_string_equal(call(s, NODE_LIST, "9", "", "draining", "", "", ""), "page||n249");
	like(call(s, NODE_LIST, "9", "", "", "worker", "", ""), "ok||n008|<n000|*");

	text = call(s, AGENT_LIST, "1000", "", "", "", "");
	like(text, "page||100|<a000|*");
	assert_int_equal(rows_of(text), 100);
	text = call(s, AGENT_LIST, "1000", "200", "", "", "");
	like(text, "ok|||<a200|*");
	assert_int_equal(rows_of(text), 100);
	text = call(s, AGENT_LIST, "1000", "", "", "assigned", "");
	like(text, "page||100|<a000|*");
	like(call(s, AGENT_LIST, "100", "", "", "assigned", ""), "ok||100|*");
	assert_string_equal(call(s, AGENT_LIST, "9", "", "", "", "s"), "page||250");
	assert_string_equal(call(s, AGENT_LIST, "9", "250", "", "", "s"), "ok||");
}

static void
every_script_for_the_cluster_was_called(void **state)
{
	(void)state;
	scripts_check_called("cluster");
}

int
main(void)
{
	const struct CMUnitTest scripts[] = {
		scripts_test(the_first_settings_are_kept),
		scripts_test(balance_is_read_and_set),
		scripts_test(the_index_of_each_strategy_follows_every_change),
		scripts_test(an_index_of_many_nodes_is_built_in_steps),
		scripts_test(statistics_equal_a_recount),
		scripts_test(state_check_finds_inconsistencies),
		scripts_test(ready_check_fails_if_a_write_would_fail),
		scripts_test(event_list_returns_the_events_after_a_known_one),
		scripts_test(replication_mark_makes_a_write_to_wait_for),
		scripts_test(lists_read_a_limited_number_of_records),
		scripts_test(a_request_with_a_key_is_carried_out_once),
		cmocka_unit_test(every_script_for_the_cluster_was_called),
	};

	return test_program(scripts);
}
