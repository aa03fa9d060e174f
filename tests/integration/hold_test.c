/*
 * The hold: when many nodes are missing at once, they are not declared dead. They are REST nodes;
 * the test sends or omits their heartbeats.
 */
#include "support/cluster.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define HOLD        "/api/cluster/hold"
#define STATS       "/api/cluster/stats"

#define BRISK "-heartbeat-ttl", "600ms", "-grace", "300ms", "-lease-ttl", "500ms"

enum { DEAD_MS = 600 + 300 + 1000 };

/* Registers nodes n0, n1, …, each with two agents. */
static void
register_nodes(struct musterd *m, int n)
{
	int i;

	for (i = 0; i < n; i++)
		api(m->port, 201, "POST", NODES, fmt("{\"id\":\"n%d\"}", i));
	for (i = 0; i < 2 * n; i++)
		api(m->port, 201, "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"a%d\",\"strategy\":\"round_robin\"}", i));
}

static void
beat(struct musterd *m, int from, int to)
{
	int i;

	for (i = from; i < to; i++)
		api(m->port, 200, "POST", fmt("%s/n%d", NODES, i), NULL);
}

struct scene {
	struct musterd *m;
	int from, to; /* nodes that still send heartbeats */
	const char *state;
};

static bool
hold_is(void *arg)
{
	struct scene *s = arg;
	json_t *hold;

	beat(s->m, s->from, s->to);
	return api_try(s->m->port, "GET", HOLD, NULL, &hold) == 200 &&
	    strcmp(json_string_value(json_object_get(hold, "state")), s->state) == 0;
}

static bool
something_moved(void *arg)
{
	struct scene *s = arg;
	json_t *stats;

	beat(s->m, s->from, s->to);
	stats = api(s->m->port, 200, "GET", STATS, NULL);
	return get_int(stats, "placements.node_lost") > 0 || get_int(stats, "nodes.offline") > 0 ||
	    get_int(stats, "agents.pending") > 0;
}

static bool
all_moved(void *arg)
{
	struct scene *s = arg;
	json_t *stats;

	beat(s->m, s->from, s->to);
	stats = api(s->m->port, 200, "GET", STATS, NULL);
	return get_int(stats, "nodes.online") == s->to - s->from &&
	    get_int(stats, "agents.pending") == 0 &&
	    get_int(stats, "placements.node_lost") == 2 * s->from;
}

static void
many_missing_nodes_are_held_until_an_operator_releases(void **state)
{
	struct musterd *m = musterd_start(*state, BRISK);
	struct scene s = { m, 6, 10, "on" };
	json_t *hold;

	register_nodes(m, 10);
	check_json(api(m->port, 200, "GET", HOLD, NULL), "",
	    "{\"state\":\"off\",\"since\":null,\"why\":null,\"count\":0,\"nodes\":[]}");
	assert_true(poll_until(hold_is, &s, DEAD_MS));
	hold = api(m->port, 200, "GET", HOLD, NULL);
	check_json(hold, "why", "\"mass_lapse\"");
	check_json(hold, "count", "6");
	check_json(hold, "nodes", "[\"n0\",\"n1\",\"n2\",\"n3\",\"n4\",\"n5\"]");
	assert_int_equal(strlen(get_str(hold, "since")), 24);
	assert_false(poll_until(something_moved, &s, 2 * DEAD_MS));
	check_json(api(m->port, 200, "GET", STATS, NULL), "hold", "true");
	/* Meanwhile, new agents are placed on the remaining nodes. */
	beat(m, 6, 10);
	hold = api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"new\"}");
	assert_true(get_str(hold, "node_id")[1] >= '6');

	api(m->port, 200, "POST", HOLD, "{\"action\":\"release\"}");
	assert_non_null(api_header("X-Cluster-Index"));
	assert_true(poll_until(all_moved, &s, DEAD_MS));
	check_json(api(m->port, 200, "GET", STATS, NULL), "hold", "false");
}

static void
a_hold_ends_without_moves_when_the_nodes_come_back(void **state)
{
	struct musterd *m = musterd_start(*state, BRISK);
	struct scene nobody = { m, 0, 0, "on" }, all = { m, 0, 5, "off" };

	register_nodes(m, 5);
	assert_true(poll_until(hold_is, &nobody, DEAD_MS));
	assert_false(poll_until(something_moved, &nobody, DEAD_MS));
	assert_true(poll_until(hold_is, &all, DEAD_MS));
	assert_false(poll_until(something_moved, &all, DEAD_MS));
	check_json(api(m->port, 200, "GET", STATS, NULL), "nodes",
	    "{\"total\":5,\"online\":5,\"offline\":0,\"draining\":0,\"healthy\":5}");
}

static void
a_hold_ends_after_hold_max(void **state)
{
	struct musterd *m = musterd_start(*state, BRISK, "-hold-max", "1s");
	struct scene s = { m, 3, 5, "on" };

	register_nodes(m, 5);
	assert_true(poll_until(hold_is, &s, DEAD_MS));
	assert_true(poll_until(all_moved, &s, 1000 + DEAD_MS));
}

struct flapping {
	struct musterd *m;
	long since; /* the time of the registrations, from which slots are counted */
	long slot;  /* in which a flapping node has sent a heartbeat */
};

/* n0 is silent, n1 to n3 send a heartbeat every two TTLs, in turn, and the others all the time. */
static bool
silent_one_is_offline(void *arg)
{
	enum { SLOT_MS = 400 };
	struct flapping *f = arg;
	long slot = (now_ms() - f->since) / SLOT_MS;

	beat(f->m, 4, 10);
	if (slot != f->slot)
		beat(f->m, 1 + (int)(slot % 3), 2 + (int)(slot % 3));
	f->slot = slot;
	return strcmp(get_str(api(f->m->port, 200, "GET", NODES "/n0", NULL), "status"),
	           "offline") == 0;
}

static void
hold_max_bounds_a_hold_while_nodes_flap(void **state)
{
	struct musterd *m = musterd_start(*state, BRISK, "-hold-max", "2s");
	struct flapping f = { m, now_ms(), 0 };

	register_nodes(m, 10);
	assert_true(poll_until(silent_one_is_offline, &f, 3 * (2000 + DEAD_MS)));
	print_message("the silent node was offline after %ld ms\n", now_ms() - f.since);
	/* Nor was it given up because there was no hold at all. */
	assert_string_not_equal(redis_do(*state, "HGET muster:{default}:hold began"), "");
}

static void
two_missing_nodes_never_start_a_hold(void **state)
{
	struct musterd *m = musterd_start(*state, BRISK);
	struct scene s = { m, 2, 4, "on" };

	register_nodes(m, 4);
	assert_true(poll_until(all_moved, &s, DEAD_MS));
	check_json(api(m->port, 200, "GET", HOLD, NULL), "state", "\"off\"");
	assert_string_equal(redis_do(*state, "HEXISTS muster:{default}:hold state"), "0");
}

static void
less_than_thirty_percent_never_start_a_hold(void **state)
{
	struct musterd *m = musterd_start(*state, BRISK);
	struct scene s = { m, 3, 11, "on" };

	register_nodes(m, 11);
	assert_true(poll_until(all_moved, &s, DEAD_MS));
	assert_string_equal(redis_do(*state, "HEXISTS muster:{default}:hold state"), "0");
}

static void
nodes_that_leave_do_not_count_as_missing(void **state)
{
	struct musterd *m = musterd_start(*state, BRISK);
	struct scene s = { m, 0, 2, "on" };
	int i;

	register_nodes(m, 6);
	for (i = 2; i < 6; i++)
		api(m->port, 200, "DELETE", fmt("%s/n%d", NODES, i), NULL);
	assert_false(poll_until(hold_is, &s, DEAD_MS));
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "12");
}

static void
an_operators_hold_keeps_a_dead_node_until_released(void **state)
{
	struct musterd *m = musterd_start(*state, BRISK);
	struct scene s = { m, 1, 4, "on" };

	register_nodes(m, 4);
	check_json(
	    api(m->port, 200, "POST", HOLD, "{\"action\":\"enter\"}"), "why", "\"operator\"");
	assert_non_null(api_header("X-Cluster-Index"));
	api(m->port, 200, "POST", HOLD, "{\"action\":\"enter\"}");
	assert_null(api_header("X-Cluster-Index"));
	assert_false(poll_until(something_moved, &s, DEAD_MS));
	check_json(api(m->port, 200, "GET", HOLD, NULL), "nodes", "[\"n0\"]");
	/* A node that leaves does not count as dead. */
	beat(m, 1, 4);
	check_json(api(m->port, 200, "DELETE", NODES "/n1", NULL), "moved", "2");
	s.from = 2;
	api(m->port, 200, "POST", HOLD, "{\"action\":\"release\"}");
	beat(m, 2, 4);
	wait_json(m->port, NODES "/n0", "status", "\"offline\"", DEAD_MS);
}

static void
confirmed_dead_nodes_get_no_grace_period(void **state)
{
	/* With these options, no node is declared dead during the test. */
	struct musterd *m =
	    musterd_start(*state, "-heartbeat-ttl", "600ms", "-grace", "1h", "-lease-ttl", "500ms");
	struct scene s = { m, 4, 6, "on" };

	register_nodes(m, 6);
	assert_true(poll_until(hold_is, &s, DEAD_MS));
	check_json(
	    api(m->port, 200, "POST", HOLD, "{\"action\":\"confirm_dead\"}"), "state", "\"off\"");
	assert_true(poll_until(all_moved, &s, DEAD_MS));
}

static void
unknown_actions_are_refused(void **state)
{
	struct musterd *m = musterd_start(*state, BRISK);

	api_problem(m->port, 400, "invalid_field", "POST", HOLD, "{\"action\":\"panic\"}");
	api_problem(m->port, 400, "missing_field", "POST", HOLD, "{}");
	api_problem(m->port, 405, "method_not_allowed", "DELETE", HOLD, NULL);
}

int
main(void)
{
	const struct CMUnitTest hold[] = {
		cluster_test(many_missing_nodes_are_held_until_an_operator_releases),
		cluster_test(a_hold_ends_without_moves_when_the_nodes_come_back),
		cluster_test(a_hold_ends_after_hold_max),
		cluster_test(hold_max_bounds_a_hold_while_nodes_flap),
		cluster_test(two_missing_nodes_never_start_a_hold),
		cluster_test(less_than_thirty_percent_never_start_a_hold),
		cluster_test(nodes_that_leave_do_not_count_as_missing),
		cluster_test(an_operators_hold_keeps_a_dead_node_until_released),
		cluster_test(confirmed_dead_nodes_get_no_grace_period),
		cluster_test(unknown_actions_are_refused),
	};

	return test_program(hold);
}
