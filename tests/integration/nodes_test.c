/* Nodes through the API: register, get, list, send heartbeats, leave. */
#include "support/cluster.h"

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

/* True for a UTC time as in RFC 3339, with milliseconds. */
static bool
is_time(const char *s)
{
	const char *shape = "0000-00-00T00:00:00.000Z";
	size_t i;

	for (i = 0; shape[i] != '\0'; i++)
		if (shape[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
			return false;
	return s[i] == '\0';
}

/* True for the id of a stream entry. */
static bool
is_index(const char *s)
{
	size_t n = s != NULL ? strspn(s, "0123456789") : 0;

	return n > 0 && s[n] == '-' && s[n + 1] != '\0' &&
	    strspn(s + n + 1, "0123456789") == strlen(s + n + 1);
}

/* True once the heartbeat of the node "sick" has expired. */
static bool
lapsed(void *arg)
{
	return strcmp(redis_do(arg, "EXISTS muster:{default}:heartbeat:sick"), "0") == 0;
}

static void
a_node_registers_with_defaults(void **state)
{
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "7s");
	json_t *node = api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");

	assert_string_equal(api_header("Location"), NODES "/n1");
	assert_string_equal(api_header("Content-Type"), "application/json");
	assert_true(is_index(api_header("X-Cluster-Index")));
	check_json(node, "id", "\"n1\"");
	check_json(node, "hostname", "\"n1\"");
	check_json(node, "ip_address", "\"127.0.0.1\"");
	check_json(node, "port", "0");
	check_json(node, "role", "\"worker\"");
	check_json(node, "status", "\"online\"");
	check_json(node, "healthy", "true");
	check_json(node, "incarnation", "1");
	check_json(node, "max_agents", "10");
	check_json(node, "active_agents", "0");
	check_json(node, "weight", "10");
	check_json(node, "load", "0");
	check_json(node, "cpu_usage", "0");
	check_json(node, "memory_usage", "0");
	check_json(node, "disk_usage", "0");
	check_json(node, "load_average", "0");
	check_json(node, "services", "[]");
	check_json(node, "labels", "{}");
	check_json(node, "zone", "\"\"");
	check_json(node, "resources", "{}");
	check_json(node, "allocated", "{}");
	check_json(node, "heartbeat_ttl_ms", "7000");
	assert_true(is_time(get_str(node, "registered_at")));
	assert_true(is_time(get_str(node, "last_heartbeat")));
	assert_int_equal(json_object_size(node), 24);
	assert_true(json_equal(node, api(m->port, 200, "GET", NODES "/n1", NULL)));
}

static void
a_node_registers_with_every_field(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *node = api(m->port, 201, "POST", NODES,
	    "{\"id\":\"n.1_a:b@c-d\",\"hostname\":\"worker1\",\"ip_address\":\"10.0.0.2\",\"port\":"
	    "8152,"
	    "\"role\":\"standby\",\"max_agents\":20,\"services\":[\"wrapper\",\"database\"],"
	    "\"labels\":{\"rack\":\"r 1\",\"gpu\":\"\"},\"zone\":\"eu-1\",\"weight\":7}");

	assert_string_equal(api_header("Location"), NODES "/n.1_a:b@c-d");
	check_json(node, "hostname", "\"worker1\"");
	check_json(node, "ip_address", "\"10.0.0.2\"");
	check_json(node, "port", "8152");
	check_json(node, "role", "\"standby\"");
	check_json(node, "max_agents", "20");
	check_json(node, "weight", "7");
	check_json(node, "services", "[\"wrapper\",\"database\"]");
	check_json(node, "labels", "{\"rack\":\"r 1\",\"gpu\":\"\"}");
	check_json(node, "zone", "\"eu-1\"");
	api(m->port, 200, "GET", NODES "/n.1_a:b@c-d", NULL);

	node = api(m->port, 201, "POST", NODES, "{\"id\":\"zero\",\"max_agents\":0}");
	check_json(node, "weight", "0");
	node = api(m->port, 201, "POST", NODES, "{\"id\":\"most\",\"max_agents\":1000000}");
	check_json(node, "weight", "1000000");
	node = api(m->port, 201, "POST", NODES, "{\"id\":\"six\",\"ip_address\":\"fe80::1\"}");
	check_json(node, "ip_address", "\"fe80::1\"");
}

static void
services_and_labels_are_limited(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	const char *services = "", *labels = "";
	int i;

	for (i = 0; i < 64; i++) {
		services = fmt("%s%s\"s%d\"", services, i > 0 ? "," : "", i);
		labels = fmt("%s%s\"l%d\":\"v\"", labels, i > 0 ? "," : "", i);
	}
	api(m->port, 201, "POST", NODES,
	    fmt("{\"id\":\"n\",\"services\":[%s],\"labels\":{%s}}", services, labels));
	assert_non_null(
	    strstr(get_str(api_problem(m->port, 400, "invalid_field", "POST", NODES,
	                       fmt("{\"id\":\"m\",\"services\":[%s,\"one-more\"]}", services)),
	               "detail"),
	        "services"));
	assert_non_null(
	    strstr(get_str(api_problem(m->port, 400, "invalid_field", "POST", NODES,
	                       fmt("{\"id\":\"m\",\"labels\":{%s,\"x\":\"\"}}", labels)),
	               "detail"),
	        "labels"));
	api_problem(m->port, 404, "node_not_found", "GET", NODES "/m", NULL);
}

static void
registering_again_keeps_the_agents(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *first, *node;

	first =
	    api(m->port, 201, "POST", NODES, "{\"id\":\"n\",\"services\":[\"s\"],\"zone\":\"z\"}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"b\"}");
	node =
	    api(m->port, 200, "POST", NODES, "{\"id\":\"n\",\"max_agents\":3,\"hostname\":\"h\"}");
	assert_null(api_header("Location"));
	assert_true(is_index(api_header("X-Cluster-Index")));
	check_json(node, "active_agents", "2");
	check_json(node, "max_agents", "3");
	check_json(node, "weight", "3");
	check_json(node, "hostname", "\"h\"");
	check_json(node, "services", "[]");
	check_json(node, "zone", "\"\"");
	check_json(node, "incarnation", "2");
	assert_string_equal(get_str(node, "registered_at"), get_str(first, "registered_at"));
	check_json(api(m->port, 200, "GET", ASSIGNMENTS "/a", NULL), "node_id", "\"n\"");
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "agents.capacity", "3");

	/* If the limit becomes lower than the number of agents, they stay, and no more are
	 * added. */
	node = api(m->port, 200, "POST", NODES, "{\"id\":\"n\",\"max_agents\":1}");
	check_json(node, "active_agents", "2");
	api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS, "{\"agent_id\":\"c\"}");
}

static void
a_heartbeat_keeps_fields_that_it_does_not_set(void **state)
{
	struct musterd *m =
	    musterd_start(*state, "-heartbeat-interval", "2s", "-heartbeat-ttl", "8s");
	json_t *beat;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	beat = api(m->port, 200, "POST", NODES "/n",
	    "{\"cpu_usage\":12.5,\"memory_usage\":40.1,\"disk_usage\":55,\"load_average\":0.4}");
	check_json(beat, "heartbeat_interval_ms", "2000");
	check_json(beat, "heartbeat_ttl_ms", "8000");
	assert_int_equal(json_object_size(beat), 5);
	beat = api(m->port, 200, "POST", NODES "/n", NULL);
	check_json(beat, "node.cpu_usage", "12.5");
	check_json(beat, "node.memory_usage", "40.1");
	check_json(beat, "node.disk_usage", "55");
	check_json(beat, "node.load_average", "0.4");
	/* 0.4 * 0.125 + 0.3 * 0.401 */
	assert_true(get_num(beat, "node.load") > 0.1702 && get_num(beat, "node.load") < 0.1704);
	beat = api(m->port, 200, "POST", NODES "/n", "{\"cpu_usage\":100}");
	check_json(beat, "node.cpu_usage", "100");
	check_json(beat, "node.memory_usage", "40.1");
	beat = api(m->port, 200, "POST", NODES "/n", "{\"cpu_usage\":0,\"memory_usage\":0}");
	check_json(beat, "node.load", "0");
	assert_true(is_time(get_str(beat, "node.last_heartbeat")));
}

static void
usage_is_returned_as_it_was_reported(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	const char *report;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	api(m->port, 200, "POST", NODES "/n",
	    "{\"cpu_usage\":12.3,\"memory_usage\":40.1,\"load_average\":0.7}");
	report = redis_do(*state, "HGET muster:{default}:node:n report");
	assert_memory_equal(report, "12.3\t40.1\t0\t0.7\t", strlen("12.3\t40.1\t0\t0.7\t"));
}

static void
the_answer_to_a_heartbeat_names_the_leader(void **state)
{
	struct musterd *m = musterd_start(*state, "-cluster", "boss");
	json_t *leader, *beat;

	wait_json(m->port, "/api/cluster/leader", "leader_id", "\"boss\"", API_WAIT_MS);
	leader = api(m->port, 200, "GET", "/api/cluster/leader", NULL);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	beat = api(m->port, 200, "POST", NODES "/n", "{}");
	check_json(beat, "leader_id", "\"boss\"");
	assert_int_equal(get_int(beat, "term"), get_int(leader, "term"));
	check_json(beat, "node.role", "\"worker\"");
	wait_json(m->port, NODES "/boss", "role", "\"leader\"", API_WAIT_MS);
}

static void
a_heartbeat_out_of_range_changes_nothing(void **state)
{
	static const char *const bodies[][2] = {
		{ "{\"cpu_usage\":100.1}", "cpu_usage" },
		{ "{\"cpu_usage\":-0.1}", "cpu_usage" },
		{ "{\"memory_usage\":101}", "memory_usage" },
		{ "{\"disk_usage\":-1}", "disk_usage" },
		{ "{\"load_average\":-0.5}", "load_average" },
		{ "{\"cpu_usage\":\"5\"}", "cpu_usage" },
		{ "{\"healthy\":1}", "healthy" },
		{ "{\"status\":\"offline\"}", "status" },
		{ "{\"status\":null}", "status" },
		{ "{\"cpu_usage\":7,\"disk_usage\":-1}", "disk_usage" },
	};
	struct musterd *m = musterd_start_plain(*state);
	json_t *before, *p;
	size_t i;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	before = api(m->port, 200, "GET", NODES "/n", NULL);
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		p = api_problem(m->port, 400, "invalid_field", "POST", NODES "/n", bodies[i][0]);
		assert_non_null(strstr(get_str(p, "detail"), bodies[i][1]));
	}
	p = api_problem(m->port, 400, "unknown_field", "POST", NODES "/n", "{\"cpu\":1}");
	assert_non_null(strstr(get_str(p, "detail"), "cpu"));
	assert_true(json_equal(before, api(m->port, 200, "GET", NODES "/n", NULL)));
}

static void
a_heartbeat_sets_health_and_status(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *beat;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	beat = api(m->port, 200, "POST", NODES "/n", "{\"status\":\"draining\"}");
	assert_true(is_index(api_header("X-Cluster-Index")));
	check_json(beat, "node.status", "\"draining\"");
	check_json(beat, "node.healthy", "true");
	check_json(api(m->port, 200, "POST", NODES "/n", NULL), "node.status", "\"draining\"");
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "nodes",
	    "{\"total\":1,\"online\":0,\"offline\":0,\"draining\":1,\"healthy\":1}");
	api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	api(m->port, 200, "POST", NODES "/n", "{\"status\":\"online\",\"healthy\":false}");
	beat = api(m->port, 200, "POST", NODES "/n", NULL);
	check_json(beat, "node.status", "\"online\"");
	check_json(beat, "node.healthy", "false");
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "nodes",
	    "{\"total\":1,\"online\":1,\"offline\":0,\"draining\":0,\"healthy\":0}");
	api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	beat = api(m->port, 200, "POST", NODES "/n", "{\"healthy\":true}");
	assert_true(is_index(api_header("X-Cluster-Index")));
	check_json(beat, "node.healthy", "true");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
}

static void
an_unhealthy_node_that_expires_is_counted_once(void **state)
{
	/* Replicas do not lead, so nobody does the housekeeping. The numbers must still be
	 * right. */
	struct musterd *m = musterd_start(*state, "-cluster", "r", "-role", "replica");
	struct musterd *brief =
	    musterd_start(*state, "-cluster", "s", "-role", "replica", "-heartbeat-ttl", "100ms");
	json_t *stats;

	api(brief->port, 201, "POST", NODES, "{\"id\":\"sick\"}");
	api(brief->port, 200, "POST", NODES "/sick", "{\"healthy\":false}");
	assert_int_equal(musterd_end(brief), 0);
	wait_json(m->port, NODES, "count", "2", API_WAIT_MS);
	wait_json(m->port, NODES "/r", "healthy", "true", API_WAIT_MS);
	/* The counter must not be decreased again when the heartbeat expires. */
	assert_true(poll_until(lapsed, *state, API_WAIT_MS));
	stats = api(m->port, 200, "GET", "/api/cluster/stats", NULL);
	check_json(stats, "nodes",
	    "{\"total\":2,\"online\":2,\"offline\":0,\"draining\":0,\"healthy\":1}");
}

static void
nodes_are_listed_and_filtered(void **state)
{
	static const struct {
		const char *query, *ids;
	} rows[] = {
		{ "", "[\"d\",\"o\",\"r\",\"s\",\"w1\",\"w2\"]" },
		{ "?status=online", "[\"o\",\"r\",\"s\",\"w1\",\"w2\"]" },
		{ "?status=draining", "[\"d\"]" },
		{ "?status=offline", "[]" },
		{ "?role=worker", "[\"d\",\"o\",\"w1\",\"w2\"]" },
		{ "?role=standby", "[\"s\"]" },
		{ "?role=replica", "[\"r\"]" },
		{ "?service=x", "[\"w1\",\"w2\"]" },
		{ "?service=y", "[\"s\",\"w2\"]" },
		{ "?service=xy", "[]" },
		{ "?zone=eu", "[\"o\",\"s\",\"w1\"]" },
		{ "?zone=e", "[]" },
		{ "?role=worker&zone=eu&service=x&status=online", "[\"w1\"]" },
	};
	struct musterd *m = musterd_start_plain(*state);
	json_t *list, *ids;
	size_t i, k;

	api(m->port, 201, "POST", NODES,
	    "{\"id\":\"w2\",\"services\":[\"y\",\"x\"],\"zone\":\"us\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"w1\",\"services\":[\"x\"],\"zone\":\"eu\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"o\",\"zone\":\"eu\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"r\",\"role\":\"replica\"}");
	api(m->port, 201, "POST", NODES,
	    "{\"id\":\"s\",\"role\":\"standby\",\"services\":[\"y\"],\"zone\":\"eu\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"d\"}");
	api(m->port, 200, "POST", NODES "/d", "{\"status\":\"draining\"}");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		list = api(m->port, 200, "GET", fmt("%s%s", NODES, rows[i].query), NULL);
		ids = json_array();
		for (k = 0; k < json_array_size(json_find(list, "nodes")); k++)
			json_array_append(ids, json_find(list, fmt("nodes.%zu.id", k)));
		assert_int_equal(get_int(list, "count"), json_array_size(ids));
		json_object_set_new(list, "ids", ids);
		check_json(list, "ids", rows[i].ids);
		get_null(list, "next_cursor");
	}
	assert_true(json_equal(json_find(api(m->port, 200, "GET", NODES, NULL), "nodes.4"),
	    api(m->port, 200, "GET", NODES "/w1", NULL)));
}

/* It does not matter how many calls to Redis a page needs. */
static void
a_page_has_the_requested_length(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica", "-heartbeat-ttl", "1h");
	json_t *page;
	int i;

	for (i = 0; i < 260; i++)
		api(m->port, 201, "POST", NODES,
		    fmt("{\"id\":\"n%03d\",\"zone\":\"%s\"}", i, i < 255 ? "a" : "b"));
	page = api(m->port, 200, "GET", NODES "?limit=1000", NULL);
	check_json(page, "count", "260");
	check_json(page, "nodes.259.id", "\"n259\"");
	get_null(page, "next_cursor");
	page = api(m->port, 200, "GET", NODES "?limit=250", NULL);
	check_json(page, "count", "250");
	check_json(page, "next_cursor", "\"n249\"");
	page = api(m->port, 200, "GET", NODES "?zone=b&limit=4", NULL);
	check_json(page, "count", "4");
	check_json(page, "nodes.0.id", "\"n255\"");
	check_json(page, "next_cursor", "\"n258\"");
	page = api(m->port, 200, "GET", NODES "?limit=1000&index=0", NULL);
	check_json(page, "count", "260");
}

static void
pages_are_complete_and_stable(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	const char *cursor = NULL, *seen = "";
	json_t *page, *next;
	int i, pages = 0;

	for (i = 0; i < 8; i++)
		api(m->port, 201, "POST", NODES, fmt("{\"id\":\"n%d\"}", i));
	do {
		page = api(m->port, 200, "GET",
		    fmt("%s?limit=1%s%s", NODES, cursor != NULL ? "&cursor=" : "",
		        cursor != NULL ? cursor : ""),
		    NULL);
		check_json(page, "count", "1");
		seen = fmt("%s %s", seen, get_str(page, "nodes.0.id"));
		next = json_find(page, "next_cursor");
		assert_non_null(next);
		cursor = json_is_string(next) ? fmt("%s", json_string_value(next)) : NULL;
		/* Nodes are added and removed before, at and after the cursor. */
		if (++pages == 2) {
			api(m->port, 200, "DELETE", NODES "/n1", NULL);
			api(m->port, 200, "DELETE", NODES "/n5", NULL);
			api(m->port, 201, "POST", NODES, "{\"id\":\"m9\"}");
			api(m->port, 201, "POST", NODES, "{\"id\":\"n55\"}");
		}
	} while (cursor != NULL && pages < 20);
	assert_string_equal(seen, " n0 n1 n2 n3 n4 n55 n6 n7");
	page = api(m->port, 200, "GET", NODES "?limit=8", NULL);
	check_json(page, "count", "8");
	get_null(page, "next_cursor");
	for (i = 0; i < 95; i++)
		api(m->port, 201, "POST", NODES, fmt("{\"id\":\"x%d\"}", i));
	page = api(m->port, 200, "GET", NODES, NULL);
	check_json(page, "count", "100");
	get_str(page, "next_cursor");
	page = api(m->port, 200, "GET", NODES "?limit=1000", NULL);
	check_json(page, "count", "103");
	get_null(page, "next_cursor");
}

static void
unknown_nodes_are_not_found(void **state)
{
	struct musterd *m = musterd_start_plain(*state);

	api_problem(m->port, 404, "node_not_found", "GET", NODES "/none", NULL);
	api_problem(m->port, 404, "node_not_found", "POST", NODES "/none", "{\"cpu_usage\":1}");
	api_problem(m->port, 404, "node_not_found", "DELETE", NODES "/none", NULL);
	check_json(api(m->port, 200, "GET", NODES, NULL), "count", "0");
}

static void
leaving_moves_the_agents(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *left, *a;
	long long epoch;
	int i;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\",\"max_agents\":5}");
	for (i = 0; i < 5; i++)
		api(m->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"}", i));
	epoch = get_int(api(m->port, 200, "GET", ASSIGNMENTS "/a0", NULL), "epoch");
	api(m->port, 201, "POST", NODES, "{\"id\":\"n2\",\"max_agents\":3}");
	left = api(m->port, 200, "DELETE", NODES "/n1", NULL);
	assert_true(is_index(api_header("X-Cluster-Index")));
	check_json(left, "", "{\"node_id\":\"n1\",\"moved\":3,\"pending\":2}");
	api_problem(m->port, 404, "node_not_found", "GET", NODES "/n1", NULL);
	api_problem(m->port, 404, "node_not_found", "POST", NODES "/n1", NULL);
	check_json(api(m->port, 200, "GET", NODES "/n2", NULL), "active_agents", "3");
	for (i = 0; i < 5; i++) {
		a = api(m->port, 200, "GET", fmt("%s/a%d", ASSIGNMENTS, i), NULL);
		check_json(a, "reason", "\"node_left\"");
		check_json(a, "previous_node_id", "\"n1\"");
		if (json_is_null(json_find(a, "node_id")))
			check_json(a, "status", "\"pending\"");
		else
			check_json(a, "node_id", "\"n2\"");
	}
	a = api(m->port, 200, "GET", ASSIGNMENTS "/a0", NULL);
	assert_true(get_int(a, "epoch") > epoch);
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "agents",
	    "{\"assigned\":3,\"pending\":2,\"capacity\":3,\"available\":0,\"utilization\":100.0}");
	left = api(m->port, 200, "DELETE", NODES "/n2", NULL);
	check_json(left, "", "{\"node_id\":\"n2\",\"moved\":0,\"pending\":3}");
}

static void
leaving_with_hundreds_of_agents_counts_all_of_them(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *left;
	int i;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\",\"max_agents\":250}");
	for (i = 0; i < 250; i++)
		api(m->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"}", i));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n2\",\"max_agents\":230}");
	left = api(m->port, 200, "DELETE", NODES "/n1", NULL);
	check_json(left, "", "{\"node_id\":\"n1\",\"moved\":230,\"pending\":20}");
	check_json(api(m->port, 200, "GET", NODES "/n2", NULL), "active_agents", "230");
}

int
main(void)
{
	const struct CMUnitTest nodes[] = {
		cluster_test(a_page_has_the_requested_length),
		cluster_test(a_node_registers_with_defaults),
		cluster_test(a_node_registers_with_every_field),
		cluster_test(services_and_labels_are_limited),
		cluster_test(registering_again_keeps_the_agents),
		cluster_test(a_heartbeat_keeps_fields_that_it_does_not_set),
		cluster_test(usage_is_returned_as_it_was_reported),
		cluster_test(the_answer_to_a_heartbeat_names_the_leader),
		cluster_test(a_heartbeat_out_of_range_changes_nothing),
		cluster_test(a_heartbeat_sets_health_and_status),
		cluster_test(an_unhealthy_node_that_expires_is_counted_once),
		cluster_test(nodes_are_listed_and_filtered),
		cluster_test(pages_are_complete_and_stable),
		cluster_test(unknown_nodes_are_not_found),
		cluster_test(leaving_moves_the_agents),
		cluster_test(leaving_with_hundreds_of_agents_counts_all_of_them),
	};

	return test_program(nodes);
}
