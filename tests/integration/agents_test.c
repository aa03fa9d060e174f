/* Assignments through the API: assign, queue, list, release. */
#include "support/cluster.h"

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

static void
add_node(struct musterd *m, const char *id, const char *fields)
{
	api(m->port, 201, "POST", NODES, fmt("{\"id\":\"%s\"%s}", id, fields));
}

static json_t *
ask(struct musterd *m, int status, const char *id, const char *fields)
{
	return api(
	    m->port, status, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"%s\"%s}", id, fields));
}

static json_t *
look(struct musterd *m, const char *id)
{
	return api(m->port, 200, "GET", fmt("%s/%s", ASSIGNMENTS, id), NULL);
}

/* The ids of a list, in its order, as " a b c". */
static const char *
ids_of(const json_t *list)
{
	const json_t *items = json_find(list, "assignments");
	const char *ids = "";
	size_t i;

	for (i = 0; i < json_array_size(items); i++)
		ids = fmt("%s %s", ids, get_str(items, fmt("%zu.agent_id", i)));
	assert_int_equal(get_int(list, "count"), json_array_size(items));
	return ids;
}

static void
an_assignment_has_all_members(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *a, *again;
	long long epoch;

	add_node(m, "n1",
	    ",\"hostname\":\"h1\",\"ip_address\":\"10.0.0.1\",\"port\":80,\"services\":[\"x\","
	    "\"y\"]");
	a = ask(m, 201, "a", ",\"services\":[\"y\"],\"metadata\":{\"k\":\"v\\u00e9\"}");
	assert_non_null(api_header("X-Cluster-Index"));
	assert_int_equal(json_object_size(a), 11);
	check_json(a, "agent_id", "\"a\"");
	check_json(a, "node_id", "\"n1\"");
	check_json(a, "status", "\"assigned\"");
	check_json(a, "services", "[\"y\"]");
	check_json(a, "strategy", "\"least_loaded\"");
	check_json(a, "metadata", "{\"k\":\"v\\u00e9\"}");
	check_json(a, "reason", "\"requested\"");
	get_null(a, "previous_node_id");
	check_json(a, "node",
	    "{\"hostname\":\"h1\",\"ip_address\":\"10.0.0.1\",\"port\":80,\"healthy\":true}");
	epoch = get_int(a, "epoch");
	assert_true(epoch > 1500000000000);
	assert_int_equal(strlen(get_str(a, "assigned_at")), 24);

	/* The same request again returns the same assignment. Other metadata or another strategy
	 * change nothing. */
	again = ask(m, 200, "a", ",\"services\":[\"y\"],\"strategy\":\"random\",\"queue\":true");
	assert_true(json_equal(a, again));
	assert_true(json_equal(a, look(m, "a")));
	api_problem(
	    m->port, 409, "assignment_conflict", "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	api_problem(m->port, 409, "assignment_conflict", "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"a\",\"services\":[\"x\",\"y\"]}");
	assert_true(json_equal(a, look(m, "a")));
	check_json(api(m->port, 200, "GET", NODES "/n1", NULL), "active_agents", "1");

	/* The order and repetition of services do not matter. */
	ask(m, 201, "b", ",\"services\":[\"x\",\"y\"]");
	ask(m, 200, "b", ",\"services\":[\"y\",\"x\",\"y\"]");
}

static void
a_refusal_has_exact_reasons(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *p;

	p = api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	check_json(p, "reasons", "{}");
	add_node(m, "f1", ",\"max_agents\":1,\"services\":[\"x\"]");
	add_node(m, "f2", ",\"max_agents\":0,\"services\":[\"x\",\"y\"]");
	ask(m, 201, "filler", ",\"services\":[\"x\"]");
	add_node(m, "s1", "");
	add_node(m, "s2", ",\"services\":[\"xx\"]");
	add_node(m, "s3", ",\"services\":[\"y\"]");
	add_node(m, "d1", ",\"services\":[\"x\"]");
	api(m->port, 200, "POST", NODES "/d1", "{\"status\":\"draining\"}");
	add_node(m, "u1", ",\"services\":[\"x\"]");
	add_node(m, "u2", ",\"services\":[\"x\"],\"role\":\"standby\"");
	api(m->port, 200, "POST", NODES "/u1", "{\"healthy\":false}");
	api(m->port, 200, "POST", NODES "/u2", "{\"healthy\":false}");
	p = api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"a\",\"services\":[\"x\"]}");
	check_json(p, "reasons", "{\"full\":2,\"service\":3,\"draining\":1,\"unhealthy\":2}");
	check_json(p, "retryable", "true");
	api_problem(m->port, 404, "assignment_not_found", "GET", ASSIGNMENTS "/a", NULL);
	check_json(api(m->port, 200, "GET", ASSIGNMENTS, NULL), "count", "1");
}

static void
metadata_is_limited_to_four_kib(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	char value[4200];
	json_t *p;

	add_node(m, "n", "");
	memset(value, 'x', sizeof(value));
	/* {"k":"…"} adds 8 bytes to the value. */
	value[4096 - 8] = '\0';
	check_json(ask(m, 201, "fits", fmt(",\"metadata\":{\"k\":\"%s\"}", value)), "metadata",
	    fmt("{\"k\":\"%s\"}", value));
	value[4096 - 8] = 'x';
	value[4096 - 7] = '\0';
	p = api_problem(m->port, 400, "invalid_field", "POST", ASSIGNMENTS,
	    fmt("{\"agent_id\":\"a\",\"metadata\":{\"k\":\"%s\"}}", value));
	assert_non_null(strstr(get_str(p, "detail"), "metadata"));
	api_problem(m->port, 400, "invalid_field", "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"a\",\"metadata\":{\"k\":1}}");
	api_problem(m->port, 404, "assignment_not_found", "GET", ASSIGNMENTS "/a", NULL);
}

static void
agents_are_listed_filtered_and_paged(void **state)
{
	static const struct {
		const char *query, *ids;
	} rows[] = {
		{ "", " c a b q p" },
		{ "?node_id=n1", " c a" },
		{ "?node_id=n2", " b" },
		{ "?node_id=none", "" },
		{ "?status=assigned", " c a b" },
		{ "?status=pending", " q p" },
		{ "?status=pending&service=z", " q" },
		{ "?status=pending&node_id=n1", "" },
		{ "?service=x", " c a" },
		{ "?service=y", " c b p" },
		{ "?service=y&status=assigned&node_id=n1", " c" },
		{ "?limit=5", " c a b q p" },
		{ "?cursor=3", " q p" },
	};
	struct musterd *m = musterd_start_plain(*state);
	const char *cursor = "", *seen = "";
	json_t *page, *next;
	size_t i;

	add_node(m, "n1", ",\"max_agents\":2,\"services\":[\"x\",\"y\"]");
	ask(m, 201, "c", ",\"services\":[\"x\",\"y\"]");
	ask(m, 201, "a", ",\"services\":[\"x\"]");
	add_node(m, "n2", ",\"max_agents\":1,\"services\":[\"y\"]");
	ask(m, 201, "b", ",\"services\":[\"y\"]");
	ask(m, 202, "q", ",\"services\":[\"z\"],\"queue\":true");
	ask(m, 202, "p", ",\"services\":[\"y\"],\"queue\":true");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		page = api(m->port, 200, "GET", fmt("%s%s", ASSIGNMENTS, rows[i].query), NULL);
		assert_string_equal(ids_of(page), rows[i].ids);
		get_null(page, "next_cursor");
	}
	check_json(page, "assignments.0.agent_id", "\"q\"");
	assert_true(json_equal(json_find(page, "assignments.0"), look(m, "q")));
	api_problem(m->port, 400, "invalid_field", "GET", ASSIGNMENTS "?cursor=b", NULL);
	/* Read page by page; meanwhile one agent that was seen is released, and one is added. */
	for (i = 0; i < 10; i++) {
		page = api(m->port, 200, "GET", fmt("%s?limit=2%s", ASSIGNMENTS, cursor), NULL);
		seen = fmt("%s%s |", seen, ids_of(page));
		next = json_find(page, "next_cursor");
		assert_non_null(next);
		if (json_is_null(next))
			break;
		cursor = fmt("&cursor=%s", json_string_value(next));
		if (i == 0) {
			api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
			ask(m, 202, "r", ",\"services\":[\"z\"],\"queue\":true");
		}
	}
	assert_string_equal(seen, " c a | b q | p r |");
	/* Pending agents are listed by age. The release has placed p. */
	ask(m, 202, "s", ",\"services\":[\"z\"],\"queue\":true");
	cursor = "";
	seen = "";
	for (i = 0; i < 10; i++) {
		page = api(m->port, 200, "GET",
		    fmt("%s?status=pending&limit=1%s", ASSIGNMENTS, cursor), NULL);
		seen = fmt("%s%s", seen, ids_of(page));
		next = json_find(page, "next_cursor");
		if (json_is_null(next))
			break;
		cursor = fmt("&cursor=%s", json_string_value(next));
	}
	assert_string_equal(seen, " q r s");
}

static void
a_release_checks_the_epoch(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	long long epoch;

	add_node(m, "n", ",\"max_agents\":1");
	epoch = get_int(ask(m, 201, "a", ""), "epoch");
	api_problem(m->port, 412, "stale_epoch", "DELETE",
	    fmt("%s/a?epoch=%lld", ASSIGNMENTS, epoch - 1), NULL);
	api_problem(m->port, 412, "stale_epoch", "DELETE",
	    fmt("%s/a?epoch=%lld", ASSIGNMENTS, epoch + 1), NULL);
	api_problem(m->port, 400, "invalid_field", "DELETE", ASSIGNMENTS "/a?epoch=x", NULL);
	assert_int_equal(get_int(look(m, "a"), "epoch"), epoch);
	assert_null(api(m->port, 204, "DELETE", fmt("%s/a?epoch=%lld", ASSIGNMENTS, epoch), NULL));
	assert_non_null(api_header("X-Cluster-Index"));
	api_problem(m->port, 404, "assignment_not_found", "DELETE", ASSIGNMENTS "/a", NULL);
	check_json(api(m->port, 200, "GET", NODES "/n", NULL), "active_agents", "0");
	ask(m, 201, "b", "");
	assert_null(api(m->port, 204, "DELETE", ASSIGNMENTS "/b", NULL));
	/* A pending agent is released like any other. */
	ask(m, 202, "p", ",\"services\":[\"none\"],\"queue\":true");
	assert_null(api(m->port, 204, "DELETE", ASSIGNMENTS "/p", NULL));
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "agents",
	    "{\"assigned\":0,\"pending\":0,\"capacity\":1,\"available\":1,\"utilization\":0.0}");
}

static void
epochs_strictly_increase(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	long long epoch = 0, next;
	int i;

	add_node(m, "n", "");
	for (i = 0; i < 300; i++) {
		next = get_int(ask(m, 201, "a", ""), "epoch");
		assert_true(next > epoch);
		epoch = next;
		api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
	}
	/* A move, and becoming pending, are changes of owner too. */
	epoch = get_int(ask(m, 201, "a", ""), "epoch");
	add_node(m, "m", "");
	api(m->port, 200, "DELETE", NODES "/n", NULL);
	next = get_int(look(m, "a"), "epoch");
	assert_true(next > epoch);
	api(m->port, 200, "DELETE", NODES "/m", NULL);
	assert_true(get_int(look(m, "a"), "epoch") > next);
	next = get_int(look(m, "a"), "epoch");
	add_node(m, "n", "");
	check_json(look(m, "a"), "status", "\"assigned\"");
	assert_true(get_int(look(m, "a"), "epoch") > next);
}

static void
pending_agents_are_placed_oldest_first(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *a;

	a = ask(m, 202, "p1", ",\"queue\":true,\"services\":[\"x\"],\"strategy\":\"round-robin\"");
	assert_non_null(api_header("X-Cluster-Index"));
	check_json(a, "status", "\"pending\"");
	get_null(a, "node_id");
	get_null(a, "node");
	get_null(a, "assigned_at");
	check_json(a, "reason", "\"requested\"");
	check_json(ask(m, 200, "p1", ",\"services\":[\"x\"]"), "status", "\"pending\"");
	ask(m, 202, "z2", ",\"queue\":true");
	ask(m, 202, "y3", ",\"queue\":true,\"services\":[\"x\"]");
	ask(m, 202, "x4", ",\"queue\":true");

	/* When a node registers, the oldest agent that fits is placed. */
	add_node(m, "n1", ",\"max_agents\":1");
	check_json(look(m, "z2"), "node_id", "\"n1\"");
	assert_string_equal(
	    ids_of(api(m->port, 200, "GET", ASSIGNMENTS "?status=pending", NULL)), " p1 y3 x4");
	add_node(m, "n2", ",\"max_agents\":1,\"services\":[\"x\"]");
	a = look(m, "p1");
	check_json(a, "node_id", "\"n2\"");
	check_json(a, "strategy", "\"round_robin\"");
	check_json(a, "reason", "\"requested\"");
	get_null(a, "previous_node_id");

	/* When an agent is released: y3 is older than x4, but cannot run on n1. */
	api(m->port, 204, "DELETE", ASSIGNMENTS "/z2", NULL);
	check_json(look(m, "x4"), "node_id", "\"n1\"");
	check_json(look(m, "y3"), "status", "\"pending\"");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/p1", NULL);
	check_json(look(m, "y3"), "node_id", "\"n2\"");

	/* When a node ends draining, becomes healthy, or raises max_agents. */
	ask(m, 202, "w5", ",\"queue\":true,\"services\":[\"x\"]");
	api(m->port, 200, "POST", NODES "/n2", "{\"status\":\"draining\"}");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/y3", NULL);
	check_json(look(m, "w5"), "status", "\"pending\"");
	api(m->port, 200, "POST", NODES "/n2", "{\"status\":\"online\"}");
	check_json(look(m, "w5"), "node_id", "\"n2\"");
	ask(m, 202, "v6", ",\"queue\":true,\"services\":[\"x\"]");
	api(m->port, 200, "POST", NODES "/n2", "{\"healthy\":false}");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/w5", NULL);
	check_json(look(m, "v6"), "status", "\"pending\"");
	api(m->port, 200, "POST", NODES "/n2", "{\"healthy\":true}");
	check_json(look(m, "v6"), "node_id", "\"n2\"");
	ask(m, 202, "u7", ",\"queue\":true,\"services\":[\"x\"]");
	api(m->port, 200, "POST", NODES, "{\"id\":\"n2\",\"max_agents\":2,\"services\":[\"x\"]}");
	check_json(look(m, "u7"), "node_id", "\"n2\"");
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "agents.pending", "0");
}

static void
new_agents_do_not_overtake_pending_ones(void **state)
{
	/* With a front-end that never leads, nobody places the agents that are still pending after
	 * the new node registers. */
	struct musterd *m = musterd_start(*state, "-role", "replica", "-heartbeat-ttl", "1h");
	json_t *p;
	int i;

	for (i = 0; i < 100; i++)
		api(m->port, 202, "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"old%d\",\"services\":[\"db\"],\"queue\":true}", i));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\",\"services\":[\"db\"],\"max_agents\":100}");
	p = api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"new\",\"services\":[\"db\"]}");
	assert_true(get_int(p, "reasons.waiting") > 0);
	api(m->port, 202, "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"new\",\"services\":[\"db\"],\"queue\":true}");
	/* One that wants less would take a place of theirs all the same, but for a node of its own. */
	api_problem(
	    m->port, 409, "no_capacity", "POST", ASSIGNMENTS, "{\"agent_id\":\"other\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"m\"}");
	check_json(ask(m, 201, "other", ""), "node_id", "\"m\"");
}

static void
many_pending_agents_are_all_placed(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	int i;

	for (i = 0; i < 150; i++)
		ask(m, 202, fmt("p%03d", i), ",\"queue\":true");
	add_node(m, "n", ",\"max_agents\":140");
	wait_json(m->port, "/api/cluster/stats", "agents.pending", "10", API_WAIT_MS);
	assert_string_equal(ids_of(api(m->port, 200, "GET", ASSIGNMENTS "?status=pending", NULL)),
	    " p140 p141 p142 p143 p144 p145 p146 p147 p148 p149");
	check_json(api(m->port, 200, "GET", NODES "/n", NULL), "active_agents", "140");
}

static void
standbys_are_used_after_workers_and_replicas_never(void **state)
{
	struct musterd *m = musterd_start_plain(*state);

	add_node(m, "a-replica", ",\"role\":\"replica\",\"services\":[\"x\"]");
	add_node(m, "b-standby", ",\"role\":\"standby\",\"services\":[\"x\",\"y\"]");
	api(m->port, 200, "POST", NODES "/b-standby", "{\"cpu_usage\":0}");
	add_node(m, "c-worker", ",\"services\":[\"x\"],\"max_agents\":2");
	api(m->port, 200, "POST", NODES "/c-worker", "{\"cpu_usage\":99,\"memory_usage\":99}");
	check_json(ask(m, 201, "1", ",\"services\":[\"x\"]"), "node_id", "\"c-worker\"");
	check_json(ask(m, 201, "2", ""), "node_id", "\"c-worker\"");
	check_json(ask(m, 201, "3", ""), "node_id", "\"b-standby\"");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/1", NULL);
	check_json(ask(m, 201, "4", ""), "node_id", "\"c-worker\"");
	check_json(ask(m, 201, "5", ",\"services\":[\"y\"]"), "node_id", "\"b-standby\"");
	api(m->port, 200, "POST", NODES "/b-standby", "{\"status\":\"draining\"}");
	api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS, "{\"agent_id\":\"6\"}");
	check_json(api(m->port, 200, "GET", NODES "/a-replica", NULL), "active_agents", "0");
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "agents.capacity", "12");
}

int
main(void)
{
	const struct CMUnitTest assignments[] = {
		cluster_test(an_assignment_has_all_members),
		cluster_test(a_refusal_has_exact_reasons),
		cluster_test(metadata_is_limited_to_four_kib),
		cluster_test(agents_are_listed_filtered_and_paged),
		cluster_test(a_release_checks_the_epoch),
		cluster_test(epochs_strictly_increase),
		cluster_test(pending_agents_are_placed_oldest_first),
		cluster_test(new_agents_do_not_overtake_pending_ones),
		cluster_test(many_pending_agents_are_all_placed),
		cluster_test(standbys_are_used_after_workers_and_replicas_never),
	};

	return test_program(assignments);
}
