/* The scripts for many agents: each agent has its own result, and gets the same node as in a single
 * request. */
#include "support/invariants.h"

#include <stdio.h>

static void
a_batch_has_a_result_for_each_agent_in_order(void **state)
{
	struct scripts *s = *state;
	const char *text;

	add_node(s, "n", "2", "a");
	add_node(s, "m", "1", "");
	add_agent(s, "x", "a");
	text = call(s, AGENT_ASSIGN,
	    "x\ta\nx\tb\ny\t\t\t{\"k\":\"v\"}\nz\t\tfoo\t\tqueue\ny\nv\nw\ta\t\t\tqueue\nu\tc\n",
	    "0");
	like(text,
	    "ok|*-*|<exists||x|n|assigned|*>|<failed||ASSIGNMENT_CONFLICT *>|<created|*-*|y|m|*>|"
	    "<failed||UNKNOWN_STRATEGY *>|<exists||y|m|*>|<created|*-*|v|n|*>|<pending|*-*|w||*>|"
	    "<failed||NO_CAPACITY service=2>");
	check_invariants(s);
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "node:n active_agents"), "2");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "x|v");
	/* No index is built for an agent that is already assigned. */
	like(call(s, AGENT_ASSIGN, "x\ta\tweighted\n", "0"), "ok||<exists||x|n|assigned|*>");
	/* With all-or-nothing, nothing is written. */
	refused(s, "NO_CAPACITY full=2", AGENT_ASSIGN, "x\ta\nt\n", "1");
	like(call(s, AGENT_ASSIGN, "x\ta\ny\n", "1"), "ok||<exists||x|*>|<exists||y|*>");
	/* The free place goes to the pending agent. */
	refused(s, "ASSIGNMENT_NOT_FOUND", AGENT_RELEASE, "x\t\nx\t\n", "1");
	refused(s, "STALE_EPOCH", AGENT_RELEASE, "x\t7\n", "1");
	like(call(s, AGENT_RELEASE, "x\t\nx\t\ny\t1\nv\t\n", "0"),
	    "ok|*-*|<deleted|*-*>|<failed||ASSIGNMENT_NOT_FOUND *>|<failed||STALE_EPOCH *>|"
	    "<deleted|*-*>");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "w");
	check_invariants(s);
}

/* Nodes whose heartbeat has expired count as in a single request. */
static void
each_refusal_in_a_batch_has_its_own_reasons(void **state)
{
	struct scripts *s = *state;
	const char *text;
	int i;

	for (i = 0; i < 3; i++) {
		add_node(s, fmt("a%d", i), "5", "a");
		scripts_redis(s, "DEL " PREFIX "heartbeat:a%d", i);
	}
	add_node(s, "b0", "0", "b");
	add_node(s, "b1", "0", "b");
	while (strcmp(call(s, AGENT_ASSIGN, "p\ta\n", "0"), "more") == 0)
		continue;
	like(call(s, AGENT_ASSIGN, "p\ta\nq\tb\n", "0"),
	    "ok||<failed||NO_CAPACITY service=2 unhealthy=3>|<failed||NO_CAPACITY full=2 "
	    "service=3>");
	/* Each of these looks through all classes, so after a few the rest is left to the next
	 * call. */
	text = call(s, AGENT_ASSIGN, "1\tc\n2\td\n3\tc\n4\te\n5\tf\n6\tg\n", "0");
	for (i = 0; (text = strstr(text, "<failed||NO_CAPACITY service=5>")) != NULL; i++)
		text++;
	assert_int_equal(i, 5);
	check_invariants(s);
}

/* With many indexes, fewer pending agents are placed per call, so fewer agents are released. */
static void
no_agent_stays_pending_when_a_release_frees_a_place(void **state)
{
	static const char *const strategies[] = { "random", "weighted", "round_robin",
		"least_agents" };
	enum { PLACES = 18 };
	struct scripts *s = *state;
	char lines[PLACES * 8];
	int i, k, steps, released = 0;

	add_node(s, "n", "18", "");
	for (i = 0; i < 4; i++)
		while (strcmp(call(s, BALANCE_SET, strategies[i]), "more") == 0)
			continue;
	for (i = 0; i < 2 * PLACES; i++)
		like(add_agent(s, fmt("a%02d", i), ""), i < PLACES ? "created|*" : "pending|*");
	for (steps = 0; released < PLACES; steps++) {
		const char *reply;

		for (lines[0] = '\0', k = released; k < PLACES; k++)
			snprintf(
			    lines + strlen(lines), sizeof(lines) - strlen(lines), "a%02d\n", k);
		reply = call(s, AGENT_RELEASE, lines, "0");
		like(reply, "ok|*-*|<deleted|*");
		while ((reply = strstr(reply, "<deleted|")) != NULL) {
			released++;
			reply++;
		}
		check_invariants(s);
		assert_string_equal(scripts_redis(s, "ZCARD " PREFIX "node_agents:n"), "18");
	}
	assert_in_range(steps, 2, 4);
	assert_int_equal(released, PLACES);
}

/* For each strategy, the same number of agents, assigned one by one and in a batch, get the same
 * nodes. */
static void
a_batch_chooses_the_same_nodes_as_single_requests(void **state)
{
	static const char *const strategies[] = { "least_loaded", "least_agents", "round_robin",
		"weighted" };
	enum { NODES = 5, AGENTS = 17 };
	struct scripts *s = *state;
	char one[NODES][32], lines[1024];
	size_t k;
	int i;

	for (i = 0; i < NODES; i++) {
		call(s, NODE_REGISTER, fmt("n%d", i), "h", "10.0.0.1", "80", "worker",
		    fmt("%d", 3 + i), i % 2 ? "a" : "", "", "", fmt("%d", 1 + i), "", HOUR);
		call(s, NODE_HEARTBEAT, fmt("n%d", i), fmt("%d", 10 * i), "", "", "", "", "", "",
		    "", "", HOUR);
	}
	for (k = 0; k < 4; k++) {
		while (strcmp(call(s, BALANCE_SET, strategies[k]), "more") == 0)
			continue;
		for (i = 0; i < AGENTS; i++)
			like(add_agent(s, fmt("a%02d", i), i % 3 ? "" : "a"), "*");
		for (i = 0; i < NODES; i++)
			snprintf(one[i], sizeof(one[i]), "%s",
			    scripts_redis(s, "ZCARD " PREFIX "node_agents:n%d", i));
		for (i = 0; i < AGENTS; i++)
			like(call(s, AGENT_RELEASE, fmt("a%02d", i), ""), "deleted|*");
		for (i = 0; i < NODES; i++)
			scripts_redis(s, "HSET " PREFIX "node:n%d chosen 0", i);
		if (k == 2)
			for (i = 0; i < NODES; i++)
				scripts_redis(s,
				    "ZADD " PREFIX "placement:round_robin:worker/%s 0 n%d",
				    i % 2 ? "a" : "", i);
		for (lines[0] = '\0', i = 0; i < AGENTS; i++)
			snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines),
			    "a%02d\t%s\t\t\tqueue\n", i, i % 3 ? "" : "a");
		like(call(s, AGENT_ASSIGN, lines, "0"), "ok|*");
		for (i = 0; i < NODES; i++)
			assert_string_equal(
			    scripts_redis(s, "ZCARD " PREFIX "node_agents:n%d", i), one[i]);
		check_invariants(s);
		for (i = 0; i < AGENTS; i++)
			like(call(s, AGENT_RELEASE, fmt("a%02d", i), ""), "deleted|*");
	}
}

/* A call ends with the heartbeat that makes room for waiting agents, which may go to the nodes of its
 * further lines. */
static void
heartbeats_stop_at_one_that_makes_room(void **state)
{
	enum { AGENTS = 30 };
	struct scripts *s = *state;
	const char *reply;
	int i;

	add_node(s, "a", "1", "");
	call(s, NODE_HEARTBEAT, "a", "", "", "", "", "0", "", "", "", "", BEATS);
	for (i = 0; i < AGENTS; i++)
		like(add_agent(s, fmt("x%02d", i), ""), "pending|*");
	add_node(s, "b", "100", "");
	check_invariants(s);
	like(scripts_redis(s, "ZCARD " PREFIX "pending"), "1?"); /* b still has room */
	reply = call(s, NODE_HEARTBEAT, "a\t\t\t\t\t1\nb\t50\n", "0", BEATS);
	like(reply, "ok|*|<ok|*|a|*");
	assert_null(strstr(reply, "|b|"));
	check_invariants(s);
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "pending"), "0");
}

/* Of the terms that several heartbeats in a call have seen, the highest counts. */
static void
a_lower_term_after_a_higher_one_changes_nothing(void **state)
{
	struct scripts *s = *state;

	add_node(s, "a", "1", "");
	add_node(s, "b", "1", "");
	scripts_redis(s, "HSET " PREFIX "leader term 3 history another"); /* some were lost */
	like(call(s, NODE_HEARTBEAT, "a\t\t\t\t\t\t\t\t9\t\nb\t\t\t\t\t\t\t\t5\t\n", "0", BEATS),
	    "ok||<ok|*|<ok|*");
	assert_string_equal(scripts_redis(s, "HGET " PREFIX "leader term_seen"), "9");
}

/* A batch that is all or nothing and takes several calls: what it has placed may be taken back. */
static void
what_an_incomplete_batch_has_placed_does_not_stand_yet(void **state)
{
	struct scripts *s = *state;
	const char *key = PREFIX "batch:k";

	add_node(s, "n", "10", "");
	call(s, AGENT_ASSIGN, "a\n", "0"); /* an index is built */
	call(s, AGENT_RELEASE, "a\n", "0", "");
	like(call(s, AGENT_ASSIGN, "a\nb\n", "1 1 0 k"), "ok|*|<created|*>|<created|*>");
	like(scripts_redis(s, "PTTL %s", key), "1????");
	refused(
	    s, "BATCH_RUNNING agent_id: 'a' is part of a batch", AGENT_ASSIGN, "a", "", "", "", "");
	like(call(s, AGENT_ASSIGN, "a\nc\n", "0"), "ok|*|<failed||BATCH_RUNNING *>|<created|*>");
	refused(s, "BATCH_RUNNING", AGENT_ASSIGN, "d\na\n", "1 1 0 other");
	refused(s, "BATCH_RUNNING agent_id: 'a' is part of a batch", AGENT_GET, "a");
	like(call(s, AGENT_GET, "a\nc\n"), "ok||<failed||BATCH_RUNNING *>|<ok||c|n|assigned|*>");
	like(call(s, AGENT_ASSIGN, "q\tnone\t\t\tqueue\n", "0", "key", "r", HOUR), "ok|*|<pending|*>");
	call(s, AGENT_RELEASE, "q\n", "0", "");
	like(call(s, AGENT_ASSIGN, "q\n", "1 1 1 k"), "ok|*|<created|*>");
	like(call(s, AGENT_ASSIGN, "q\tnone\t\t\tqueue\n", "0", "key", "r", HOUR),
	    "ok|*|<failed||BATCH_RUNNING *>");
	/* The batch itself goes on, and is complete. */
	like(call(s, AGENT_ASSIGN, "a\nd\n", "1 0 1 k"), "ok|*|<exists|*>|<created|*>");
	assert_string_equal(scripts_redis(s, "EXISTS %s", key), "0");
	like(call(s, AGENT_ASSIGN, "a\nd\n", "0"), "ok||<exists|*>|<exists|*>");
	like(call(s, AGENT_GET, "a"), "ok||<a|n|assigned|*>");
	refused(s, "OUTCOME_UNKNOWN", AGENT_RELEASE, "a\n", "undo k", "");
	refused(s, "OUTCOME_UNKNOWN", AGENT_ASSIGN, "e\n", "1 0 1 k");
	check_invariants(s);
	/* An undo takes back what the batch has placed, wherever it is now, and nothing else. */
	like(call(s, AGENT_ASSIGN, "a\ne\nf\n", "1 1 0 l"),
	    "ok|*|<exists|*>|<created|*>|<created|*>");
	call(s, AGENT_RELEASE, "f\n", "0", "");
	call(s, AGENT_ASSIGN, "f\n", "0");
	scripts_redis(s, "HSET " PREFIX "assignment:e epoch 77");
	like(call(s, AGENT_RELEASE, "a\t1\ne\t5\nf\t5\n", "undo l", ""),
	    "ok|*|<failed||ASSIGNMENT_NOT_FOUND *>|<deleted|*>|<failed||ASSIGNMENT_NOT_FOUND *>");
	check_invariants(s);
	/* A batch in one call needs no mark. */
	like(call(s, AGENT_ASSIGN, "x\ny\n", "1 0 0 m"), "ok|*|<created|*>|<created|*>");
	assert_string_equal(scripts_redis(s, "HEXISTS " PREFIX "assignment:x batch"), "0");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "batch:m"), "0");
}

int
main(void)
{
	const struct CMUnitTest scripts_batches[] = {
		scripts_test(a_batch_has_a_result_for_each_agent_in_order),
		scripts_test(each_refusal_in_a_batch_has_its_own_reasons),
		scripts_test(no_agent_stays_pending_when_a_release_frees_a_place),
		scripts_test(a_batch_chooses_the_same_nodes_as_single_requests),
		scripts_test(heartbeats_stop_at_one_that_makes_room),
		scripts_test(what_an_incomplete_batch_has_placed_does_not_stand_yet),
		scripts_test(a_lower_term_after_a_higher_one_changes_nothing),
	};

	return test_program(scripts_batches);
}
