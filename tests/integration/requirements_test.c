/* What a request says about its agent's needs: what is accepted, shown again, compared and refused. */
#include "support/cluster.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define BATCH       "/api/cluster/assignments/batch"

#define NEEDS                                                                                   \
	"\"labels\":{\"arch\":\"arm64\",\"note\":\"a b\"},\"zones\":[\"eu-2\",\"eu-1\"],"       \
	"\"node_ids\":[\"n2\",\"n1\"],\"exclude_node_ids\":[\"n9\"],\"resources\":{\"mb\":512," \
	"\"gpu\":1},\"group\":\"web\",\"spread\":{\"by\":\"zone\",\"max_skew\":1}"

/* A front-end and the node n1, which meets NEEDS. */
static struct musterd *
start(struct cluster *c)
{
	struct musterd *m = musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");

	api(m->port, 201, "POST", NODES,
	    "{\"id\":\"n1\",\"zone\":\"eu-1\",\"labels\":{\"note\":\"a b\",\"arch\":\"arm64\"},"
	    "\"resources\":{\"mb\":1024,\"gpu\":2,\"none\":0}}");
	return m;
}

static void
check_needs(const json_t *a)
{
	check_json(a, "labels", "{\"arch\":\"arm64\",\"note\":\"a b\"}");
	check_json(a, "zones", "[\"eu-1\",\"eu-2\"]");
	check_json(a, "node_ids", "[\"n1\",\"n2\"]");
	check_json(a, "exclude_node_ids", "[\"n9\"]");
	check_json(a, "resources", "{\"gpu\":1,\"mb\":512}");
	check_json(a, "group", "\"web\"");
	check_json(a, "spread", "{\"by\":\"zone\",\"max_skew\":1,\"prefer\":false}");
}

static void
a_node_shows_its_resources_and_what_is_taken(void **state)
{
	struct musterd *m = start(*state);
	json_t *node = api(m->port, 200, "GET", NODES "/n1", NULL);

	check_json(node, "labels", "{\"arch\":\"arm64\",\"note\":\"a b\"}");
	check_json(node, "resources", "{\"gpu\":2,\"mb\":1024,\"none\":0}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\",\"resources\":{\"gpu\":2}}");
	node = api(m->port, 200, "GET", NODES "/n1", NULL);
	check_json(node, "allocated.gpu", "2");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
	check_json(api(m->port, 200, "GET", NODES "/n1", NULL), "allocated", "{}");
}

static void
requirements_are_shown_as_they_were_asked(void **state)
{
	struct musterd *m = start(*state);
	json_t *a =
	    api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"," NEEDS ",\"priority\":7}");

	check_needs(a);
	check_json(a, "priority", "7");
	check_json(a, "node_id", "\"n1\"");
	check_needs(api(m->port, 200, "GET", ASSIGNMENTS "/a", NULL));
	check_needs(json_find(api(m->port, 200, "GET", ASSIGNMENTS, NULL), "assignments.0"));
	a = api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"plain\"}");
	assert_int_equal(json_object_size(a), 11); /* it has none of them */
}

static void
other_requirements_are_a_conflict(void **state)
{
	static const char *const others[] = { "", ",\"labels\":{\"arch\":\"arm64\"}",
		"," NEEDS ",\"services\":[\"s\"]", ",\"zones\":[\"eu-1\"]",
		",\"resources\":{\"gpu\":2}", ",\"group\":\"web\"" };
	struct musterd *m = start(*state);
	size_t i;

	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"," NEEDS "}");
	/* The order does not matter, nor do repeats and what is not a requirement. */
	api(m->port, 200, "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"a\",\"priority\":3,\"queue\":true,\"spread\":{\"max_skew\":1,\"by\":"
	    "\"zone\"},\"group\":\"web\",\"resources\":{\"gpu\":1.0,\"mb\":512,\"x\":0},"
	    "\"exclude_node_ids\":[\"n9\"],\"node_ids\":[\"n1\",\"n2\",\"n1\"],\"zones\":[\"eu-1\","
	    "\"eu-2\"],\"labels\":{\"note\":\"a b\",\"arch\":\"arm64\"}}");
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		api_problem(m->port, 409, "assignment_conflict", "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"a\"%s}", others[i]));
}

static void
each_refusal_names_its_field(void **state)
{
	static const struct {
		const char *code, *fields, *named;
	} cases[] = {
		{ "invalid_field", "\"labels\":[]", "labels:" },
		{ "invalid_id", "\"labels\":{\"a b\":\"\"}", "labels:" },
		{ "invalid_id", "\"zones\":[\"a b\"]", "zones:" },
		{ "invalid_field", "\"zones\":\"a\"", "zones:" },
		{ "invalid_id", "\"node_ids\":[\"\"]", "node_ids:" },
		{ "invalid_id", "\"exclude_node_ids\":[\"-\"]", "exclude_node_ids:" },
		{ "invalid_field", "\"resources\":{\"gpu\":1.5}", "resources.gpu:" },
		{ "invalid_field", "\"resources\":{\"gpu\":1000000000001}", "resources.gpu:" },
		{ "invalid_field", "\"group\":1", "group:" },
		{ "invalid_field", "\"spread\":{\"by\":\"node\",\"max\":1}", "spread:" },
		{ "missing_field", "\"group\":\"g\",\"spread\":{\"max\":1}", "spread.by:" },
		{ "unknown_field", "\"group\":\"g\",\"spread\":{\"by\":\"node\",\"min\":1}",
		    "spread.min:" },
		{ "invalid_field", "\"priority\":101", "priority:" },
		{ "invalid_field", "\"queue_ttl_ms\":31536000001", "queue_ttl_ms:" },
		{ "invalid_field", "\"dry_run\":1", "dry_run:" },
		{ "invalid_field", "\"explain\":1", "explain:" },
	};
	struct musterd *m = start(*state);
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *item = fmt("{\"agent_id\":\"a\",%s}", cases[i].fields);
		bool of_batch = strncmp(cases[i].named, "dry", 3) == 0 ||
		    strncmp(cases[i].named, "exp", 3) == 0;
		json_t *p = api_problem(m->port, 400, cases[i].code, "POST", ASSIGNMENTS, item);

		assert_ptr_equal(
		    strstr(get_str(p, "detail"), cases[i].named), get_str(p, "detail"));
		p = api_problem(m->port, 400, of_batch ? "unknown_field" : cases[i].code, "POST",
		    BATCH, fmt("{\"agents\":[%s]}", item));
		assert_non_null(strstr(get_str(p, "detail"), fmt("agents[0].%s", cases[i].named)));
	}
	api_problem(m->port, 400, "invalid_field", "POST", NODES,
	    "{\"id\":\"n\",\"resources\":{\"gpu\":-1}}");
	check_json(api(m->port, 200, "GET", ASSIGNMENTS, NULL), "count", "0");
}

static void
a_dry_run_changes_nothing(void **state)
{
	struct musterd *m = start(*state);
	json_t *a = api(m->port, 200, "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"a\",\"dry_run\":true,\"explain\":true," NEEDS "}");

	check_needs(a);
	check_json(a, "node_id", "\"n1\"");
	check_json(a, "explanation.eligible", "1");
	check_json(a, "explanation.top.0.node_id", "\"n1\"");
	assert_null(api_header("X-Cluster-Index"));
	assert_null(api_header("Location"));
	api_problem(m->port, 404, "assignment_not_found", "GET", ASSIGNMENTS "/a", NULL);
	api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"a\",\"dry_run\":true,\"zones\":[\"us\"]}");
	check_json(api(m->port, 200, "GET", NODES "/n1", NULL), "allocated", "{}");
}

static void
a_batch_may_be_tried_as_a_whole(void **state)
{
	struct musterd *m = start(*state);
	json_t *b = api(m->port, 200, "POST", BATCH,
	    "{\"dry_run\":true,\"explain\":true,\"agents\":[\"a\",{\"agent_id\":\"b\"," NEEDS
	    "}]}");

	check_json(b, "failed", "0");
	check_json(b, "results.0.status", "200");
	check_json(b, "results.0.assignment.node_id", "\"n1\"");
	check_needs(json_find(b, "results.1.assignment"));
	check_json(b, "results.1.assignment.explanation.eligible", "1");
	check_json(api(m->port, 200, "GET", ASSIGNMENTS, NULL), "count", "0");
	b = api(m->port, 200, "POST", BATCH, "{\"dry_run\":false,\"agents\":[\"a\"]}");
	check_json(b, "results.0.status", "201");
	assert_null(json_find(b, "results.0.assignment.explanation"));
	b = api_problem(m->port, 400, "invalid_field", "POST", BATCH,
	    "{\"agents\":[\"c\"],\"all_or_nothing\":true,\"dry_run\":true}");
	assert_non_null(strstr(get_str(b, "detail"), "dry_run:"));
	b = api_problem(m->port, 400, "unknown_field", "POST", BATCH,
	    "{\"agents\":[{\"agent_id\":\"c\",\"dry_run\":false}],\"dry_run\":true}");
	assert_non_null(strstr(get_str(b, "detail"), "agents[0].dry_run:"));
	api_problem(m->port, 400, "unknown_field", "DELETE", BATCH,
	    "{\"agents\":[\"a\"],\"dry_run\":true}");
}

static void
a_pending_agent_says_what_it_waits_for(void **state)
{
	struct musterd *m = start(*state);
	json_t *a;

	api(m->port, 202, "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"a\",\"queue\":true,\"zones\":[\"us\"]}");
	a = api(m->port, 200, "GET", ASSIGNMENTS "/a", NULL);
	check_json(a, "status", "\"pending\"");
	check_json(a, "waiting.position", "1");
	check_json(a, "waiting.reasons", "{\"zone\":1}");
	assert_int_equal(strlen(get_str(a, "waiting.since")), 24);
	a = api(m->port, 200, "GET", "/api/cluster/stats", NULL);
	check_json(a, "waiting", "{\"zone\":1}");
	check_json(a, "resources.gpu", "{\"allocated\":0,\"total\":2}");
	assert_null(json_find(a, "resources.none"));
}

static void
metadata_and_priority_can_be_changed(void **state)
{
	struct musterd *m = start(*state);
	json_t *a = api(m->port, 201, "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"a\",\"metadata\":{\"k\":\"v\"},\"priority\":1}");
	const char *epoch = fmt("%lld", get_int(a, "epoch"));

	a = api(m->port, 200, "POST", ASSIGNMENTS "/a", "{\"priority\":100}");
	assert_non_null(api_header("X-Cluster-Index"));
	check_json(a, "priority", "100");
	check_json(a, "metadata", "{\"k\":\"v\"}");
	check_json(a, "epoch", epoch);
	a = api(m->port, 200, "POST", ASSIGNMENTS "/a",
	    fmt("{\"metadata\":{\"k\":\"w\"},\"epoch\":%s}", epoch));
	check_json(a, "metadata", "{\"k\":\"w\"}");
	a = api(m->port, 200, "POST", ASSIGNMENTS "/a", "{\"metadata\":{},\"priority\":0}");
	check_json(a, "metadata", "{}");
	assert_null(json_find(a, "priority"));
	api_problem(
	    m->port, 412, "stale_epoch", "POST", ASSIGNMENTS "/a", "{\"priority\":1,\"epoch\":1}");
	api_problem(
	    m->port, 404, "assignment_not_found", "POST", ASSIGNMENTS "/b", "{\"priority\":1}");
	a = api_problem(m->port, 400, "missing_field", "POST", ASSIGNMENTS "/a", "{\"epoch\":1}");
	assert_non_null(strstr(get_str(a, "detail"), "metadata"));
	api_problem(m->port, 400, "missing_field", "POST", ASSIGNMENTS "/a", NULL);
	api_problem(m->port, 400, "unknown_field", "POST", ASSIGNMENTS "/a", "{\"zones\":[]}");
	api_problem(m->port, 400, "invalid_field", "POST", ASSIGNMENTS "/a", "{\"priority\":101}");
	api_problem(
	    m->port, 400, "invalid_field", "POST", ASSIGNMENTS "/a", "{\"metadata\":{\"k\":1}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cluster_test(a_node_shows_its_resources_and_what_is_taken),
		cluster_test(requirements_are_shown_as_they_were_asked),
		cluster_test(other_requirements_are_a_conflict),
		cluster_test(each_refusal_names_its_field),
		cluster_test(a_dry_run_changes_nothing),
		cluster_test(a_batch_may_be_tried_as_a_whole),
		cluster_test(a_pending_agent_says_what_it_waits_for),
		cluster_test(metadata_and_priority_can_be_changed),
	};

	return test_program(tests);
}
