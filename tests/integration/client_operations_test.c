/* Each operation of the library with a real front-end: what it changes, and how it fails. */
#include "support/cluster.h"

#include "muster/muster.h"

static muster_client *
client_of(const struct musterd *m)
{
	muster_client *c = muster_client_new(fmt("127.0.0.1:%d", m->port));

	assert_non_null(c);
	return c;
}

/* Checks the text at `path` of a reply, and frees the reply. */
static void
check_text(const muster_client *c, muster_reply *r, const char *path, const char *text)
{
	const muster_error *e = muster_client_error(c);

	if (r == NULL)
		print_error("%s: %s\n", muster_error_code(e), muster_error_detail(e));
	assert_non_null(r);
	assert_int_equal(muster_error_kind(e), MUSTER_OK);
	assert_string_equal(muster_reply_text(r, path), text);
	muster_reply_free(r);
}

static void
check_code(const muster_client *c, const muster_reply *r, int status, const char *code)
{
	const muster_error *e = muster_client_error(c);

	assert_null(r);
	assert_int_equal(muster_error_kind(e), MUSTER_REFUSED);
	assert_int_equal(muster_error_status(e), status);
	assert_string_equal(muster_error_code(e), code);
	assert_true(*muster_error_detail(e) != '\0');
}

static void
node_operations_work(void **state)
{
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "1h");
	muster_client *c = client_of(m);
	struct muster_nodes_filter filter = { .status = "draining" };
	muster_reply *r;

	check_text(c, muster_node_register(c, "{\"id\":\"n1\",\"services\":[\"a\"]}"), "id", "n1");
	assert_true(strchr(muster_client_index(c), '-') != NULL);
	check_text(c, muster_node_register(c, "{\"id\":\"n2\"}"), "status", "online");
	check_text(c, muster_node_get(c, "n1"), "services.0", "a");
	assert_string_equal(muster_client_index(c), "");
	check_text(c, muster_node_heartbeat(c, "n1", "{\"cpu_usage\":50}"), "node.id", "n1");
	check_text(c, muster_node_heartbeat(c, "n1", NULL), "node.status", "online");
	check_text(c, muster_node_drain(c, "n1"), "node.status", "draining");
	check_text(c, muster_node_list(c, &filter), "nodes.0.id", "n1");
	check_text(c, muster_node_undrain(c, "n1"), "node.status", "online");
	r = muster_node_list(c, NULL);
	assert_int_equal(muster_reply_count(r, "nodes"), 2);
	muster_reply_free(r);
	check_code(c, muster_node_leave_as(c, "n1", 77), 400, "invalid_field");
	check_text(c, muster_node_leave(c, "n1"), "node_id", "n1");
	check_code(c, muster_node_leave(c, "n1"), 404, "node_not_found");
	check_code(c, muster_node_heartbeat(c, "n1", NULL), 404, "node_not_found");
	check_code(c, muster_node_register(c, "{\"id\":\"n\",\"x\":1}"), 400, "unknown_field");
	muster_client_free(c);
}

static void
agent_operations_work(void **state)
{
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "1h");
	muster_client *c = client_of(m);
	const char *const services[] = { "gpu" };
	struct muster_agent_request rq = {
		.agent_id = "a", .strategy = "round-robin", .metadata = "{\"k\":\"v\"}"
	};
	struct muster_agents_filter filter = { .status = "pending" };
	const muster_error *e = muster_client_error(c);
	muster_reply *r;
	int64_t nodes = 0, epoch;

	muster_reply_free(muster_node_register(c, "{\"id\":\"n\"}"));
	r = muster_agent_assign(c, &rq);
	epoch = muster_reply_int(r, "epoch");
	check_text(c, r, "metadata.k", "v");
	check_text(c, muster_agent_get(c, "a"), "strategy", "round_robin");
	rq.services = services;
	rq.n_services = 1;
	check_code(c, muster_agent_assign(c, &rq), 409, "assignment_conflict");
	rq.agent_id = "b";
	check_code(c, muster_agent_assign(c, &rq), 409, "no_capacity");
	assert_true(muster_error_retryable(e));
	assert_int_equal(muster_error_reasons(e), 1);
	assert_string_equal(muster_error_reason(e, 0, &nodes), "service");
	assert_int_equal(nodes, 1);
	rq.queue = true;
	check_text(c, muster_agent_assign(c, &rq), "status", "pending");
	check_text(c, muster_agent_list(c, &filter), "assignments.0.agent_id", "b");
	assert_false(muster_agent_release(c, "a", epoch - 1));
	check_code(c, NULL, 412, "stale_epoch");
	assert_true(muster_agent_release(c, "a", epoch));
	check_code(c, muster_agent_get(c, "a"), 404, "assignment_not_found");
	assert_false(muster_agent_release(c, "a", 0));
	check_code(c, NULL, 404, "assignment_not_found");
	assert_true(muster_agent_release(c, "b", 0));
	muster_client_free(c);
}

static void
requests_have_terms(void **state)
{
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "1h");
	muster_client *c = client_of(m);
	muster_terms *terms = muster_terms_new(), *same;
	struct muster_agent_request rq = { .agent_id = "a", .terms = terms };
	muster_reply *r;
	int64_t epoch;

	muster_reply_free(muster_node_register(c,
	    "{\"id\":\"n\",\"zone\":\"z\",\"labels\":{\"k\":\"v w\"},\"resources\":{\"gpu\":2}}"));
	assert_true(muster_terms_add_label(terms, "k", "v w"));
	assert_true(muster_terms_add_zone(terms, "y"));
	assert_true(muster_terms_add_zone(terms, "z"));
	assert_true(muster_terms_add_node(terms, "n"));
	assert_true(muster_terms_exclude_node(terms, "o"));
	assert_true(muster_terms_add_resource(terms, "gpu", 1));
	assert_true(muster_terms_set_group(terms, "g"));
	assert_true(muster_terms_set_spread(terms, "label:k", 2, 0, false));
	assert_true(muster_terms_set_priority(terms, 7));
	assert_true(muster_terms_set_queue_ttl(terms, 60000));
	muster_terms_set_dry_run(terms, true);
	muster_terms_set_explain(terms, true);
	check_text(c, muster_agent_assign(c, &rq), "explanation.top.0.node_id", "n");
	check_code(c, muster_agent_get(c, "a"), 404, "assignment_not_found");
	muster_terms_set_dry_run(terms, false);
	r = muster_agent_assign(c, &rq);
	epoch = muster_reply_int(r, "epoch");
	assert_int_equal(muster_reply_int(r, "resources.gpu"), 1);
	assert_int_equal(muster_reply_int(r, "spread.max"), 2);
	assert_int_equal(muster_reply_int(r, "priority"), 7);
	check_text(c, r, "labels.k", "v w");
	r = muster_agent_get(c, "a");
	same = muster_terms_of(r);
	muster_reply_free(r);
	rq.terms = same;
	check_text(c, muster_agent_assign(c, &rq), "zones.1", "z"); /* no conflict */
	rq.agent_id = "b";
	check_text(c, muster_agent_assign(c, &rq), "group", "g");
	rq.agent_id = "c";
	check_code(c, muster_agent_assign(c, &rq), 409, "no_capacity");
	check_text(c, muster_agent_update(c, "a", "{\"k\":\"v\"}", -1, epoch), "metadata.k", "v");
	r = muster_agent_update(c, "a", NULL, 0, 0);
	assert_false(muster_reply_has(r, "priority"));
	check_text(c, r, "metadata.k", "v");
	check_code(c, muster_agent_update(c, "a", NULL, 1, 1), 412, "stale_epoch");
	check_code(c, muster_agent_update(c, "a", NULL, -1, 0), 400, "missing_field");
	muster_terms_free(same);
	muster_terms_free(terms);
	muster_client_free(c);
}

static void
terms_have_limits(void **state)
{
	muster_terms *t = muster_terms_new();
	char much[258];
	int i;

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	assert_false(muster_terms_add_label(t, "k", much));
	assert_true(muster_terms_add_label(t, "k", much + 1));
	assert_false(muster_terms_add_label(t, "a b", "v"));
	assert_false(muster_terms_add_label(t, "k", "\xff"));
	assert_false(muster_terms_add_zone(t, ""));
	assert_false(muster_terms_add_node(t, "a b"));
	assert_false(muster_terms_exclude_node(t, NULL));
	assert_false(muster_terms_add_resource(t, "gpu", -1));
	assert_false(muster_terms_add_resource(t, "gpu", INT64_C(1000000000001)));
	assert_false(muster_terms_add_resource(t, "a b", 1));
	for (i = 0; i < 64; i++)
		assert_true(muster_terms_add_zone(t, "z"));
	assert_false(muster_terms_add_zone(t, "z"));
	for (i = 0; i < 16; i++)
		assert_true(muster_terms_add_resource(t, fmt("r%d", i), 1));
	assert_false(muster_terms_add_resource(t, "r16", 1));
	assert_false(muster_terms_set_group(t, ""));
	assert_false(muster_terms_set_spread(t, "rack", 1, 0, false));
	assert_false(muster_terms_set_spread(t, "label:", 1, 0, false));
	assert_false(muster_terms_set_spread(t, "zone", 0, 0, true));
	assert_false(muster_terms_set_spread(t, "zone", 1000001, 0, false));
	assert_false(muster_terms_set_spread(t, "zone", 1, -1, false));
	assert_false(muster_terms_set_priority(t, 101));
	assert_false(muster_terms_set_priority(t, -1));
	assert_false(muster_terms_set_queue_ttl(t, -1));
	assert_false(muster_terms_set_queue_ttl(t, INT64_C(31536000001)));
	muster_terms_free(t);
	muster_terms_free(NULL);
}

static void
cluster_operations_work(void **state)
{
	struct musterd *m =
	    musterd_start(*state, "-cluster", "n", "-heartbeat-ttl", "1h", "-lease-ttl", "1m");
	muster_client *c = client_of(m);
	muster_reply *r;

	wait_json(m->port, "/api/cluster/leader", "leader_id", "\"n\"", API_WAIT_MS);
	check_text(c, muster_leader_get(c), "leader_id", "n");
	check_text(c, muster_leader_promote(c, NULL), "leader_id", "n");
	check_code(c, muster_leader_promote(c, "x"), 404, "node_not_found");
	check_text(c, muster_balance_set(c, "weighted"), "previous", "least_loaded");
	check_text(c, muster_balance_get(c), "strategy", "weighted");
	check_code(c, muster_balance_set(c, "best"), 400, "unknown_strategy");
	check_text(c, muster_stats_get(c), "leader_id", "n");
	check_text(c, muster_hold_set(c, "enter"), "why", "operator");
	check_text(c, muster_hold_get(c), "state", "on");
	check_text(c, muster_hold_set(c, "release"), "state", "off");
	check_code(c, muster_hold_set(c, "x"), 400, "invalid_field");
	r = muster_state_check(c, NULL, 200);
	assert_int_equal(muster_reply_count(r, "violations"), 0);
	assert_true(muster_reply_int(r, "checked") > 0);
	muster_reply_free(r);
	check_code(c, muster_state_check(c, "nonsense", 0), 400, "invalid_field");
	muster_client_free(c);
}

static void
lists_are_read_page_by_page(void **state)
{
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "1h");
	muster_client *c = client_of(m);
	struct muster_nodes_filter filter = { .limit = 2 };
	char cursor[160] = "", seen[64] = "";
	muster_reply *r;
	size_t i;

	for (i = 0; i < 5; i++)
		muster_reply_free(muster_node_register(c, fmt("{\"id\":\"n%zu\"}", i)));
	for (;;) {
		r = muster_node_list(c, &filter);
		for (i = 0; i < muster_reply_count(r, "nodes"); i++)
			strcat(seen, muster_reply_text(r, fmt("nodes.%zu.id", i)));
		if (!muster_reply_has(r, "next_cursor"))
			break;
		snprintf(cursor, sizeof(cursor), "%s", muster_reply_text(r, "next_cursor"));
		filter.cursor = cursor;
		muster_reply_free(r);
	}
	muster_reply_free(r);
	assert_string_equal(seen, "n0n1n2n3n4");
	muster_client_free(c);
}

int
main(void)
{
	const struct CMUnitTest client_operations[] = {
		cluster_test(node_operations_work),
		cluster_test(agent_operations_work),
		cluster_test(requests_have_terms),
		cmocka_unit_test(terms_have_limits),
		cluster_test(cluster_operations_work),
		cluster_test(lists_are_read_page_by_page),
	};

	return test_program(client_operations);
}
