/* Idempotency keys: a repeated request gets the same answer and is carried out once. */
#include "support/cluster.h"
#include "support/http_client.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

struct answer {
	int status;
	char index[64];
	char body[2048];
};

/* Sends a POST with a key, on a new connection. */
static struct answer
post(struct musterd *m, const char *path, const char *key, const char *body)
{
	struct http_client c;
	struct http_response r;
	struct answer a;
	const char *index;

	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	assert_true(http_client_send_str(&c,
	    fmt("POST %s HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
	        "Idempotency-Key: %s\r\nContent-Length: %zu\r\n\r\n%s",
	        path, key, strlen(body), body)));
	assert_true(http_client_read(&c, &r));
	a.status = r.status;
	index = http_response_header(&r, "X-Cluster-Index");
	snprintf(a.index, sizeof(a.index), "%s", index != NULL ? index : "");
	snprintf(a.body, sizeof(a.body), "%s", r.body);
	http_response_fini(&r);
	http_client_close(&c);
	return a;
}

static void
check_same(struct answer a, struct answer b)
{
	assert_int_equal(a.status, b.status);
	assert_string_equal(a.index, b.index);
	assert_string_equal(a.body, b.body);
}

static const char *
events(struct cluster *c)
{
	return redis_do(c, "XLEN muster:{default}:events");
}

static void
every_post_is_carried_out_once(void **state)
{
	static const struct {
		const char *path, *body;
		int status;
	} rows[] = {
		{ NODES, "{\"id\":\"n\",\"labels\":{\"k\":\"\\u00e4\\\"\"}}", 201 },
		{ NODES "/n", "{\"status\":\"draining\"}", 200 },
		{ NODES "/n", "{\"status\":\"online\",\"cpu_usage\":12.3}", 200 },
		{ ASSIGNMENTS, "{\"agent_id\":\"a\",\"metadata\":{\"k\":\"v\"}}", 201 },
		{ ASSIGNMENTS, "{\"agent_id\":\"q\",\"services\":[\"gpu\"],\"queue\":true}", 202 },
		{ "/api/cluster/balance", "{\"strategy\":\"weighted\"}", 200 },
		{ "/api/cluster/hold", "{\"action\":\"enter\"}", 200 },
		{ "/api/cluster/hold", "{\"action\":\"release\"}", 200 },
	};
	struct cluster *c = *state;
	struct musterd *m[2] = { musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h"),
		musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h") };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *key = fmt("key-%zu", i);
		struct answer first = post(m[0], rows[i].path, key, rows[i].body);
		char *before = strdup(events(c));

		assert_int_equal(first.status, rows[i].status);
		assert_true(first.index[0] != '\0');
		check_same(post(m[1], rows[i].path, key, rows[i].body), first);
		assert_string_equal(events(c), before);
		free(before);
	}
	check_json(api(m[0]->port, 200, "GET", NODES "/n", NULL), "incarnation", "1");
}

static void
promotion_is_carried_out_once(void **state)
{
	struct musterd *a = musterd_start(*state, "-cluster", "a", "-lease-ttl", "60s");
	struct answer first, second;

	wait_json(a->port, "/api/cluster/leader", "leader_id", "\"a\"", API_WAIT_MS);
	musterd_start(*state, "-cluster", "b", "-lease-ttl", "60s");
	wait_status(a->port, NODES "/b", 200, API_WAIT_MS);
	first = post(a, "/api/cluster/leader", "p", "{\"node_id\":\"b\"}");
	api(a->port, 200, "POST", "/api/cluster/leader", "{\"node_id\":\"a\"}");
	second = post(a, "/api/cluster/leader", "p", "{\"node_id\":\"b\"}");
	check_same(first, second);
	check_json(api(a->port, 200, "GET", "/api/cluster/leader", NULL), "leader_id", "\"a\"");
}

static void
a_key_outlives_the_assignment_that_it_made(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica", "-heartbeat-ttl", "1h");
	struct answer first;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	first = post(m, ASSIGNMENTS, "k", "{\"agent_id\":\"a\"}");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
	/* A late copy of the request must not assign the agent again. */
	check_same(post(m, ASSIGNMENTS, "k", "{\"agent_id\":\"a\"}"), first);
	api_problem(m->port, 404, "assignment_not_found", "GET", ASSIGNMENTS "/a", NULL);
}

static void
a_different_request_with_the_same_key_is_refused(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica", "-heartbeat-ttl", "1h");
	struct answer a;

	assert_int_equal(post(m, NODES, "k", "{\"id\":\"n\"}").status, 201);
	a = post(m, NODES, "k", "{\"id\":\"n2\"}");
	assert_int_equal(a.status, 422);
	assert_non_null(strstr(a.body, "\"code\":\"idempotency_mismatch\""));
	assert_int_equal(post(m, ASSIGNMENTS, "k", "{\"id\":\"n\"}").status, 400);
	assert_int_equal(post(m, NODES "/n", "k", "").status, 422);
	api_problem(m->port, 404, "node_not_found", "GET", NODES "/n2", NULL);
}

static void
a_refused_request_may_be_retried_with_its_key(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica", "-heartbeat-ttl", "1h");

	assert_int_equal(post(m, ASSIGNMENTS, "k", "{\"agent_id\":\"a\"}").status, 409);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	assert_int_equal(post(m, ASSIGNMENTS, "k", "{\"agent_id\":\"a\"}").status, 201);
}

static void
keys_are_kept_for_the_configured_time(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");
	long long ttl;

	post(m, NODES, "day", "{\"id\":\"n\"}");
	ttl = strtoll(redis_do(c, "PTTL muster:{default}:idempotency:day"), NULL, 10);
	assert_in_range(ttl, 86400000 - 60000, 86400000);
	m = musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h", "-idempotency-ttl", "2m");
	post(m, NODES, "brief", "{\"id\":\"n\"}");
	ttl = strtoll(redis_do(c, "PTTL muster:{default}:idempotency:brief"), NULL, 10);
	assert_in_range(ttl, 60000, 120000);
}

static void
invalid_keys_are_refused(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica", "-heartbeat-ttl", "1h");
	char key[257];
	struct answer a;

	memset(key, 'k', 256);
	key[256] = '\0';
	a = post(m, NODES, key, "{\"id\":\"n\"}");
	assert_int_equal(a.status, 400);
	assert_non_null(strstr(a.body, "Idempotency-Key"));
	a = post(m, NODES, "two words", "{\"id\":\"n\"}");
	assert_int_equal(a.status, 400);
	a = post(m, NODES, "one\r\nIdempotency-Key: two", "{\"id\":\"n\"}");
	assert_int_equal(a.status, 400);
	assert_int_equal(post(m, NODES, key + 1, "{\"id\":\"n\"}").status, 201);
	a = post(m, NODES, "", "{\"id\":\"n\"}");
	assert_int_equal(a.status, 400);
	assert_non_null(strstr(a.body, "Idempotency-Key"));
	assert_int_equal(post(m, ASSIGNMENTS, " ", "{\"agent_id\":\"a\"}").status, 400);
	assert_int_equal(post(m, ASSIGNMENTS "/batch", "", "{\"agents\":[\"a\"]}").status, 400);
	assert_string_equal(redis_do(*state, "EXISTS muster:{default}:assignment:a"), "0");
	/* Blanks around a value do not belong to it. */
	assert_int_equal(post(m, NODES, "padded", "{\"id\":\"p\"}").status, 201);
	assert_int_equal(post(m, NODES, " padded \t", "{\"id\":\"p\"}").status, 201);
}

/* A client that waits in the queue asks again until it has a node. */
static void
a_queued_request_is_answered_with_the_present_state(void **state)
{
	static const char body[] =
	    "{\"agent_id\":\"q\",\"services\":[\"gpu\"],\"queue\":true}";
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");
	struct answer first = post(m, ASSIGNMENTS, "k", body), again;

	assert_int_equal(first.status, 202);
	check_same(post(m, ASSIGNMENTS, "k", body), first);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\",\"services\":[\"gpu\"]}");
	again = post(m, ASSIGNMENTS, "k", body);
	assert_int_equal(again.status, 200);
	assert_non_null(strstr(again.body, "\"node_id\":\"n\""));
	assert_non_null(strstr(again.body, "\"status\":\"assigned\""));
	/* Nothing is done again for an agent that was released. */
	api(m->port, 204, "DELETE", ASSIGNMENTS "/q", NULL);
	check_same(post(m, ASSIGNMENTS, "k", body), first);
	api_problem(m->port, 404, "assignment_not_found", "GET", ASSIGNMENTS "/q", NULL);
}

int
main(void)
{
	const struct CMUnitTest idempotency[] = {
		cluster_test(every_post_is_carried_out_once),
		cluster_test(promotion_is_carried_out_once),
		cluster_test(a_key_outlives_the_assignment_that_it_made),
		cluster_test(a_different_request_with_the_same_key_is_refused),
		cluster_test(a_refused_request_may_be_retried_with_its_key),
		cluster_test(keys_are_kept_for_the_configured_time),
		cluster_test(a_queued_request_is_answered_with_the_present_state),
		cluster_test(invalid_keys_are_refused),
	};

	return test_program(idempotency);
}
