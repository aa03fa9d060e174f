/* Calls with several addresses: which answers make them try the next one, and what they send. */
#include "fixture.h"

#include "muster/muster.h"

#define STATS  "/api/cluster/stats"
#define ASSIGN "POST /api/cluster/assignments"

struct pair {
	struct server a, b;
	muster_client *client;
};

static int
setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	server_start(&p->a);
	server_start(&p->b);
	p->client = muster_client_new(fmt("%s,%s", p->a.url, p->b.url));
	assert_non_null(p->client);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *p = *state;

	muster_client_free(p->client);
	server_go(&p->a);
	server_go(&p->b);
	server_stop(&p->a);
	server_stop(&p->b);
	free(p);
	api_reset();
	return 0;
}

static void
check_failed(struct pair *p, const muster_reply *r, enum muster_error_kind kind, const char *code)
{
	const muster_error *e = muster_client_error(p->client);

	assert_null(r);
	assert_int_equal(muster_error_kind(e), kind);
	assert_string_equal(muster_error_code(e), code);
}

static void
check_good(struct pair *p, muster_reply *r)
{
	const muster_error *e = muster_client_error(p->client);

	if (r == NULL)
		print_error("%s: %s\n", muster_error_code(e), muster_error_detail(e));
	assert_non_null(r);
	assert_int_equal(muster_error_kind(e), MUSTER_OK);
	muster_reply_free(r);
}

static void
the_address_that_answered_last_is_used_first(void **state)
{
	struct pair *p = *state;

	server_problem(&p->a, "GET " STATS, 503, "store_unavailable");
	server_json(&p->b, "GET " STATS, 200, "{\"x\":1}");
	server_json(&p->b, "GET " STATS, 200, "{\"x\":2}");
	assert_string_equal(muster_client_address(p->client), p->a.url);
	check_good(p, muster_stats_get(p->client));
	assert_string_equal(muster_client_address(p->client), p->b.url);
	check_good(p, muster_stats_get(p->client));
	assert_int_equal(server_count(&p->a), 1);
}

static void
a_retry_sends_the_same_idempotency_key(void **state)
{
	struct pair *p = *state;
	const struct muster_agent_request rq = { .agent_id = "a" };
	const char *key;

	server_expect(&p->a, ASSIGN, CUT, "");
	server_problem(&p->b, ASSIGN, 504, "outcome_unknown");
	server_expect(&p->a, ASSIGN, CUT, "HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{");
	server_json(&p->b, ASSIGN, 201, "{\"agent_id\":\"a\"}");
	check_good(p, muster_agent_assign(p->client, &rq));
	key = header_of(p->a.requests[0], "Idempotency-Key");
	assert_int_equal(strlen(key), 32);
	assert_string_equal(header_of(p->b.requests[0], "Idempotency-Key"), key);
	assert_string_equal(header_of(p->a.requests[1], "Idempotency-Key"), key);
	assert_string_equal(header_of(p->b.requests[1], "Idempotency-Key"), key);
	assert_string_equal(body_of(p->b.requests[1]), "{\"agent_id\":\"a\",\"services\":[]}");
	assert_string_equal(muster_client_index(p->client), "5-201");
	server_json(&p->b, ASSIGN, 200, "{}");
	check_good(p, muster_agent_assign(p->client, &rq));
	assert_string_not_equal(header_of(p->b.requests[2], "Idempotency-Key"), key);
}

static void
a_get_sends_no_idempotency_key(void **state)
{
	struct pair *p = *state;

	server_json(&p->a, "GET " STATS, 200, "{}");
	server_json(&p->a, "POST /api/cluster/nodes/n", 200, "{}");
	check_good(p, muster_stats_get(p->client));
	check_good(p, muster_node_heartbeat(p->client, "n", NULL));
	assert_string_equal(header_of(p->a.requests[0], "Idempotency-Key"), "");
	assert_string_equal(header_of(p->a.requests[1], "Idempotency-Key"), "");
	assert_string_equal(
	    header_of(p->a.requests[0], "User-Agent"), fmt("libmuster/%s", muster_version()));
}

static void
a_refused_call_is_not_retried(void **state)
{
	static const int statuses[] = { 400, 404, 409, 412, 422, 429, 500, 501 };
	struct pair *p = *state;
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		server_problem(&p->a, "GET " STATS, statuses[i], "some_code");
		check_failed(p, muster_stats_get(p->client), MUSTER_REFUSED, "some_code");
		assert_int_equal(muster_error_status(muster_client_error(p->client)), statuses[i]);
	}
	assert_int_equal(server_count(&p->b), 0);
}

static void
a_call_fails_after_the_last_round(void **state)
{
	struct pair *p = *state;
	int i;

	for (i = 0; i < 3; i++) {
		server_problem(&p->a, "GET " STATS, 503, "store_unavailable");
		server_expect(&p->b, "GET " STATS, CUT, "");
	}
	muster_client_set_rounds(p->client, 3);
	check_failed(p, muster_stats_get(p->client), MUSTER_REFUSED, "store_unavailable");
	assert_true(muster_error_retryable(muster_client_error(p->client)));
	assert_int_equal(server_count(&p->a), 3);
	/* If a reused connection breaks, libcurl retries on a fresh one. */
	assert_in_range(server_count(&p->b), 3, 6);
}

static void
a_call_without_any_answer_is_unreachable(void **state)
{
	struct pair *p = *state;
	muster_client *c =
	    muster_client_new(fmt("127.0.0.1:%d,127.0.0.1:%d", unused_port(), unused_port()));
	const muster_error *e = muster_client_error(c);

	(void)p;
	assert_null(muster_stats_get(c));
	assert_int_equal(muster_error_kind(e), MUSTER_UNREACHABLE);
	assert_int_equal(muster_error_status(e), 0);
	assert_true(muster_error_retryable(e));
	assert_non_null(strstr(muster_error_detail(e), "http://127.0.0.1:"));
	muster_client_free(c);
}

static void
an_address_that_hangs_is_left_after_the_timeout(void **state)
{
	struct pair *p = *state;
	long begun = now_ms();

	muster_client_set_timeouts(p->client, 100, 200);
	server_expect(&p->a, "GET " STATS, HANG, json_answer(200, "{}"));
	server_json(&p->b, "GET " STATS, 200, "{}");
	check_good(p, muster_stats_get(p->client));
	assert_in_range(now_ms() - begun, 190, 5000);
	assert_string_equal(muster_client_address(p->client), p->b.url);
}

static void
a_delete_not_found_after_a_lost_answer_succeeds(void **state)
{
	struct pair *p = *state;
	muster_reply *r;

	server_expect(&p->a, "DELETE /api/cluster/assignments/a", CUT, "");
	server_problem(&p->b, "DELETE /api/cluster/assignments/a", 404, "assignment_not_found");
	assert_true(muster_agent_release(p->client, "a", 0));
	server_problem(&p->b, "DELETE /api/cluster/nodes/n", 504, "outcome_unknown");
	server_problem(&p->a, "DELETE /api/cluster/nodes/n", 404, "node_not_found");
	r = muster_node_leave(p->client, "n");
	assert_non_null(r);
	assert_string_equal(muster_reply_text(r, "node_id"), "n");
	assert_false(muster_reply_has(r, "moved"));
	assert_int_equal(muster_reply_count(r, ""), 3);
	muster_reply_free(r);
}

static void
a_delete_of_a_missing_record_fails(void **state)
{
	struct pair *p = *state;

	server_problem(
	    &p->a, "DELETE /api/cluster/assignments/a?epoch=7", 404, "assignment_not_found");
	assert_false(muster_agent_release(p->client, "a", 7));
	check_failed(p, NULL, MUSTER_REFUSED, "assignment_not_found");
	/* 503 means that nothing was done. */
	server_problem(&p->a, "DELETE /api/cluster/nodes/n", 503, "store_unavailable");
	server_problem(&p->b, "DELETE /api/cluster/nodes/n", 404, "node_not_found");
	check_failed(p, muster_node_leave(p->client, "n"), MUSTER_REFUSED, "node_not_found");
}

static void
an_answer_from_another_server_is_a_bad_answer(void **state)
{
	struct pair *p = *state;

	server_expect(
	    &p->a, "GET " STATS, ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>");
	check_failed(p, muster_stats_get(p->client), MUSTER_BAD_ANSWER, "bad_answer");
	server_expect(&p->a, "GET " STATS, ANSWER,
	    "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>");
	server_json(&p->b, "GET " STATS, 200, "{}");
	check_good(p, muster_stats_get(p->client));
}

static void
a_call_with_wrong_arguments_sends_nothing(void **state)
{
	struct pair *p = *state;
	const char *const services[] = { "a", "b c" };
	const struct muster_agent_request bad[] = {
		{ .agent_id = NULL },
		{ .agent_id = "a b" },
		{ .agent_id = "a", .services = services, .n_services = 2 },
		{ .agent_id = "a", .metadata = "[]" },
		{ .agent_id = "a", .metadata = "{" },
		{ .agent_id = "a", .strategy = "\xff" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_failed(p, muster_agent_assign(p->client, &bad[i]), MUSTER_BAD_ARGUMENT,
		    "bad_argument");
	check_failed(p, muster_node_get(p->client, "a/../b"), MUSTER_BAD_ARGUMENT, "bad_argument");
	check_failed(p, muster_node_get(p->client, ""), MUSTER_BAD_ARGUMENT, "bad_argument");
	check_failed(p, muster_leader_promote(p->client, "?"), MUSTER_BAD_ARGUMENT, "bad_argument");
	check_failed(p, muster_node_register(p->client, NULL), MUSTER_BAD_ARGUMENT, "bad_argument");
	check_failed(p, muster_balance_set(p->client, NULL), MUSTER_BAD_ARGUMENT, "bad_argument");
	check_failed(p, muster_hold_set(p->client, NULL), MUSTER_BAD_ARGUMENT, "bad_argument");
	assert_int_equal(server_count(&p->a) + server_count(&p->b), 0);
}

static void
filters_are_escaped(void **state)
{
	struct pair *p = *state;
	const struct muster_nodes_filter nodes = { .status = "a b&c=d", .zone = "z", .limit = 7 };
	const struct muster_agents_filter agents = { .node_id = "n@1", .cursor = "c" };

	server_json(
	    &p->a, "GET /api/cluster/nodes?limit=7&status=a%20b%26c%3Dd&zone=z HTTP", 200, "{}");
	server_json(&p->a, "GET /api/cluster/assignments?cursor=c&node_id=n%401 HTTP", 200, "{}");
	server_json(
	    &p->a, "GET /api/cluster/check?limit=9&cursor=nodes%3A5-0%3A%3A HTTP", 200, "{}");
	check_good(p, muster_node_list(p->client, &nodes));
	check_good(p, muster_agent_list(p->client, &agents));
	check_good(p, muster_state_check(p->client, "nodes:5-0::", 9));
}

#define pair_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest failover[] = {
		pair_test(the_address_that_answered_last_is_used_first),
		pair_test(a_retry_sends_the_same_idempotency_key),
		pair_test(a_get_sends_no_idempotency_key),
		pair_test(a_refused_call_is_not_retried),
		pair_test(a_call_fails_after_the_last_round),
		pair_test(a_call_without_any_answer_is_unreachable),
		pair_test(an_address_that_hangs_is_left_after_the_timeout),
		pair_test(a_delete_not_found_after_a_lost_answer_succeeds),
		pair_test(a_delete_of_a_missing_record_fails),
		pair_test(an_answer_from_another_server_is_a_bad_answer),
		pair_test(a_call_with_wrong_arguments_sends_nothing),
		pair_test(filters_are_escaped),
	};

	return cmocka_run_group_tests(failover, NULL, NULL);
}
