/* Every error of the API: its status and code, and that the request changes nothing. */
#include "support/cluster.h"
#include "support/http_client.h"

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define BALANCE     "/api/cluster/balance"
#define LEADER      "/api/cluster/leader"
#define STATS       "/api/cluster/stats"

struct refusal {
	int status;
	const char *code, *method, *path, *body;
	const char *word; /* a text in the detail; NULL for any */
};

static const struct refusal refusals[] = {
	{ 400, "invalid_json", "POST", NODES, "{\"id\":", NULL },
	{ 400, "invalid_json", "POST", NODES, "[]", NULL },
	{ 400, "invalid_json", "POST", NODES, "\"id\"", NULL },
	{ 400, "invalid_json", "POST", NODES, "{\"id\":\"a\"}x", NULL },
	{ 400, "invalid_json", "POST", NODES, "{\"id\":\"a\",\"id\":\"b\"}", "id" },
	{ 400, "invalid_json", "POST", ASSIGNMENTS, "{\"agent_id\":\"\xff\"}", NULL },
	{ 400, "invalid_json", "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"b\",\"metadata\":{\"k\":\"1\",\"k\":\"2\"}}", "k" },
	{ 400, "missing_field", "POST", NODES, "{}", "id" },
	{ 400, "missing_field", "POST", NODES, NULL, "id" },
	{ 400, "missing_field", "POST", ASSIGNMENTS, "{\"services\":[]}", "agent_id" },
	{ 400, "missing_field", "POST", BALANCE, "{}", "strategy" },
	{ 400, "unknown_field", "POST", NODES, "{\"id\":\"b\",\"colour\":1}", "colour" },
	{ 400, "unknown_field", "POST", NODES "/n", "{\"max_agents\":1}", "max_agents" },
	{ 400, "unknown_field", "POST", ASSIGNMENTS, "{\"agent_id\":\"b\",\"node\":\"n\"}",
	    "node" },
	{ 400, "unknown_field", "POST", BALANCE, "{\"strategy\":\"random\",\"x\":1}", "x" },
	{ 400, "unknown_field", "POST", LEADER, "{\"id\":\"n\"}", "id" },
	{ 400, "invalid_id", "POST", NODES, "{\"id\":\"\"}", "id" },
	{ 400, "invalid_id", "POST", NODES, "{\"id\":\"-a\"}", "id" },
	{ 400, "invalid_id", "POST", NODES, "{\"id\":\"a b\"}", "id" },
	{ 400, "invalid_id", "POST", NODES, "{\"id\":\"a/b\"}", "id" },
	{ 400, "invalid_id", "POST", NODES, "{\"id\":\"\xc3\xa9\"}", "id" },
	{ 400, "invalid_id", "POST", NODES, "{\"id\":\"a\\n\"}", "id" },
	{ 400, "invalid_id", "POST", NODES, "{\"id\":\"b\",\"services\":[\"x,y\"]}", "services" },
	{ 400, "invalid_id", "POST", NODES, "{\"id\":\"b\",\"zone\":\"a b\"}", "zone" },
	{ 400, "invalid_id", "POST", NODES, "{\"id\":\"b\",\"labels\":{\"\":\"v\"}}", "labels" },
	{ 400, "invalid_id", "POST", ASSIGNMENTS, "{\"agent_id\":\"{a}\"}", "agent_id" },
	{ 400, "invalid_id", "POST", ASSIGNMENTS, "{\"agent_id\":\"b\",\"services\":[\"\"]}",
	    "services" },
	{ 400, "invalid_id", "POST", LEADER, "{\"node_id\":\"a b\"}", "node_id" },
	{ 400, "invalid_id", "GET", NODES "/a%20b", NULL, "id" },
	{ 400, "invalid_id", "GET", ASSIGNMENTS "/%2e%2E%2f", NULL, "agent_id" },
	{ 400, "invalid_id", "DELETE", ASSIGNMENTS "/_a", NULL, "agent_id" },
	{ 400, "invalid_id", "GET", NODES "?zone=a%20b", NULL, "zone" },
	{ 400, "invalid_id", "GET", ASSIGNMENTS "?node_id=*", NULL, "node_id" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":5}", "id" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":null}", "id" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"port\":65536}", "port" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"port\":-1}", "port" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"port\":\"80\"}", "port" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"role\":\"leader\"}", "role" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"max_agents\":1000001}",
	    "max_agents" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"max_agents\":-1}", "max_agents" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"max_agents\":1.5}", "max_agents" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"weight\":-1}", "weight" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"services\":\"x\"}", "services" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"services\":[1]}", "services" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"labels\":[]}", "labels" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"labels\":{\"a\":1}}", "labels" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"hostname\":true}", "hostname" },
	{ 400, "invalid_field", "POST", NODES, "{\"id\":\"b\",\"ip_address\":\"1.2.3\"}",
	    "ip_address" },
	{ 400, "invalid_field", "POST", ASSIGNMENTS, "{\"agent_id\":\"b\",\"queue\":1}", "queue" },
	{ 400, "invalid_field", "POST", ASSIGNMENTS, "{\"agent_id\":\"b\",\"metadata\":\"m\"}",
	    "metadata" },
	{ 400, "invalid_field", "POST", ASSIGNMENTS, "{\"agent_id\":\"b\",\"strategy\":5}",
	    "strategy" },
	{ 400, "invalid_field", "GET", NODES "?limit=0", NULL, "limit" },
	{ 400, "invalid_field", "GET", NODES "?limit=1001", NULL, "limit" },
	{ 400, "invalid_field", "GET", ASSIGNMENTS "?limit=ten", NULL, "limit" },
	{ 400, "invalid_field", "GET", ASSIGNMENTS "?limit=1e2", NULL, "limit" },
	{ 400, "invalid_field", "GET", NODES "?status=dead", NULL, "status" },
	{ 400, "invalid_field", "GET", NODES "?role=boss", NULL, "role" },
	{ 400, "invalid_field", "GET", ASSIGNMENTS "?status=done", NULL, "status" },
	{ 400, "invalid_field", "DELETE", ASSIGNMENTS "/a?epoch=-1", NULL, "epoch" },
	{ 400, "invalid_field", "DELETE", ASSIGNMENTS "/a?epoch=", NULL, "epoch" },
	{ 400, "invalid_field", "GET", NODES "?limit=", NULL, "limit" },
	{ 400, "invalid_field", "GET", NODES "?zone=", NULL, "zone" },
	{ 400, "invalid_field", "GET", NODES "?cursor=", NULL, "cursor" },
	{ 400, "invalid_field", "GET", NODES "?status", NULL, "status" },
	{ 400, "invalid_field", "GET", "/api/cluster/events?types=", NULL, "types" },
	{ 400, "invalid_field", "GET", "/api/cluster/check?limit=1001", NULL, "limit" },
	{ 400, "unknown_parameter", "DELETE", ASSIGNMENTS "/a?epok=1", NULL, "epok" },
	{ 400, "unknown_parameter", "DELETE", NODES "/n?epoch=1", NULL, "epoch" },
	{ 400, "unknown_parameter", "GET", NODES "?node_id=n", NULL, "node_id" },
	{ 400, "unknown_parameter", "GET", NODES "/n?service=x", NULL, "service" },
	{ 400, "unknown_parameter", "GET", NODES "?limi=5", NULL, "limi" },
	{ 400, "unknown_parameter", "GET", NODES "?limitt=5", NULL, "limitt" },
	{ 400, "unknown_parameter", "GET", NODES "?=5", NULL, NULL },
	{ 400, "unknown_parameter", "GET", "/api/cluster/events?index=0", NULL, "index" },
	{ 400, "unknown_parameter", "GET", "/api/cluster/sd/prometheus?zone=z", NULL, "zone" },
	{ 400, "unknown_parameter", "POST", NODES "?id=b", "{\"id\":\"b\"}", "id" },
	{ 400, "unknown_parameter", "GET", "/readyz?x=1", NULL, "x" },
	{ 400, "invalid_field", "GET", ASSIGNMENTS "?status=pending&cursor=abc", NULL, "cursor" },
	{ 400, "unknown_strategy", "POST", BALANCE,
	    "{\"strategy\":\"a-strategy-whose-name-is-longer-than-any-that-there-is\"}",
	    "strategy" },
	{ 400, "unknown_strategy", "POST", BALANCE, "{\"strategy\":\"x script: y\"}",
	    "'x script: y'" },
	{ 400, "unknown_strategy", "POST", BALANCE, "{\"strategy\":\"best\"}", "strategy" },
	{ 400, "unknown_strategy", "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"b\",\"strategy\":\"best\"}", "strategy" },
	{ 404, "not_found", "GET", "/api/cluster", NULL, NULL },
	{ 404, "not_found", "GET", "/api/cluster/node", NULL, NULL },
	{ 404, "not_found", "GET", NODES "/a/b", NULL, NULL },
	{ 404, "not_found", "POST", "/api/cluster/assignments/a/b", "{}", NULL },
	{ 404, "not_found", "GET", "/API/cluster/nodes", NULL, NULL },
	{ 404, "node_not_found", "GET", NODES "/none", NULL, "none" },
	{ 404, "node_not_found", "POST", NODES "/none", "{}", "none" },
	{ 404, "node_not_found", "DELETE", NODES "/none", NULL, "none" },
	{ 404, "node_not_found", "POST", LEADER, "{\"node_id\":\"none\"}", "none" },
	{ 404, "assignment_not_found", "GET", ASSIGNMENTS "/none", NULL, "none" },
	{ 404, "assignment_not_found", "DELETE", ASSIGNMENTS "/none", NULL, "none" },
	{ 404, "assignment_not_found", "DELETE", ASSIGNMENTS "/none?epoch=5", NULL, "none" },
	{ 404, "no_leader", "GET", LEADER, NULL, NULL },
	{ 409, "no_capacity", "POST", ASSIGNMENTS, "{\"agent_id\":\"b\"}", NULL },
	{ 409, "assignment_conflict", "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"a\",\"services\":[\"x\"]}", "services" },
	{ 409, "not_a_candidate", "POST", LEADER, "{\"node_id\":\"n\"}", "n" },
	{ 412, "stale_epoch", "DELETE", ASSIGNMENTS "/a?epoch=5", NULL, "epoch" },
};

/* A front-end that makes no calls by itself, with one full node and its agent "a". */
static struct musterd *
start(struct cluster *c)
{
	struct musterd *m = musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\",\"max_agents\":1}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	return m;
}

/* A digest of everything that a refused request could have changed. */
static const char *
digest(struct cluster *c)
{
	return fmt(
	    "%s %s", redis_do(c, "DEBUG DIGEST"), redis_do(c, "XLEN muster:{default}:events"));
}

static void
refusals_have_their_codes_and_change_nothing(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);
	const char *before = strdup(digest(c));
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		json_t *p = api_problem(m->port, r->status, r->code, r->method, r->path, r->body);

		if (r->word != NULL && strstr(get_str(p, "detail"), r->word) == NULL)
			fail_msg("%s %s: '%s' lacks '%s'", r->path, r->body != NULL ? r->body : "",
			    get_str(p, "detail"), r->word);
		if (strcmp(digest(c), before) != 0)
			fail_msg("%s %s %s changed something", r->method, r->path,
			    r->body != NULL ? r->body : "");
	}
	free((void *)(uintptr_t)before);
}

static void
an_error_for_a_huge_number_names_the_field(void **state)
{
	struct musterd *m = start(*state);
	int status;
	json_t *p;

	status = api_try(
	    m->port, "POST", NODES, "{\"id\":\"b\",\"max_agents\":99999999999999999999999}", &p);
	assert_int_equal(status, 400);
	assert_non_null(strstr(get_str(p, "detail"), "max_agents"));
}

static void
other_methods_are_not_allowed(void **state)
{
	static const char *const rows[][3] = {
		{ "PUT", NODES, "GET, POST" },
		{ "DELETE", NODES, "GET, POST" },
		{ "PATCH", NODES "/n", "GET, POST, DELETE" },
		{ "PUT", ASSIGNMENTS "/a", "GET, POST, DELETE" },
		{ "DELETE", BALANCE, "GET, POST" },
		{ "DELETE", LEADER, "GET, POST" },
		{ "POST", STATS, "GET" },
		{ "POST", "/livez", "GET" },
		{ "DELETE", "/readyz", "GET" },
		{ "POST", "/api/openapi.json", "GET" },
	};
	struct musterd *m = start(*state);
	size_t i, k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static const char *const methods[] = { "GET", "POST", "DELETE", "PUT" };
		const char *allow;

		api_problem(m->port, 405, "method_not_allowed", rows[i][0], rows[i][1], NULL);
		allow = api_header("Allow");
		assert_non_null(allow);
		for (k = 0; k < 4; k++)
			if ((strstr(rows[i][2], methods[k]) == NULL) !=
			    (strstr(allow, methods[k]) == NULL))
				fail_msg("%s: Allow: %s", rows[i][1], allow);
	}
}

/* Sends raw text and reads one response, which must be this problem; with NULL, any other
 * response. */
static void
raw(int port, const char *text, int status, const char *code)
{
	struct http_response r = { 0 };
	struct http_client c;
	json_t *body;
	bool good = http_client_open(&c, "127.0.0.1", port) && http_client_send_str(&c, text) &&
	    http_client_read(&c, &r);

	http_client_close(&c);
	if (!good)
		fail_msg("no response to a raw request; %d %s was expected", status, code);
	body = json_loads(r.body, 0, NULL);
	if (code != NULL)
		api_check_problem(__FILE__, __LINE__, status, code, r.status,
		    http_response_header(&r, "Content-Type"), body);
	else
		assert_int_equal(r.status, status);
	json_decref(body);
	http_response_fini(&r);
}

static void
http_limits_are_exact(void **state)
{
	enum { MIB = 1024 * 1024 };
	struct cluster *c = *state;
	struct musterd *m = start(c);
	const char *before = strdup(digest(c));
	const char *post = "POST " ASSIGNMENTS " HTTP/1.1\r\nHost: t\r\n";
	char *text = malloc(MIB + 2), *big = malloc(20000);
	const char *lines = "";
	int i;

	/* Bodies: spaces only count as no body. One byte more is too long, even if it is only
	 * announced. */
	memset(text, ' ', MIB + 1);
	text[MIB] = '\0';
	api_problem(m->port, 400, "missing_field", "POST", ASSIGNMENTS, text);
	text[MIB] = ' ';
	text[MIB + 1] = '\0';
	api_problem(m->port, 413, "body_too_large", "POST", ASSIGNMENTS, text);
	raw(m->port,
	    fmt("%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", post, MIB + 1),
	    413, "body_too_large");

	/* The request target: at most 4096 bytes. */
	memset(big, 'a', 19999);
	big[19999] = '\0';
	raw(m->port, fmt("GET /%.4095s HTTP/1.1\r\nHost: t\r\n\r\n", big), 404, "not_found");
	raw(m->port, fmt("GET /%.4096s HTTP/1.1\r\nHost: t\r\n\r\n", big), 414, "uri_too_long");

	/* Header lines: at most 64, with 16 KiB in total. */
	for (i = 0; i < 63; i++)
		lines = fmt("%sX-%d: y\r\n", lines, i);
	raw(m->port, fmt("GET /livez HTTP/1.1\r\nHost: t\r\n%s\r\n", lines), 200, NULL);
	raw(m->port, fmt("GET /livez HTTP/1.1\r\nHost: t\r\n%sX: y\r\n\r\n", lines), 431,
	    "headers_too_large");
	raw(m->port, fmt("GET /livez HTTP/1.1\r\nHost: t\r\nX: %.16000s\r\n\r\n", big), 200, NULL);
	raw(m->port, fmt("GET /livez HTTP/1.1\r\nHost: t\r\nX: %.16384s\r\n\r\n", big), 431,
	    "headers_too_large");

	raw(m->port, fmt("%sContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", post), 415,
	    "unsupported_media_type");
	raw(m->port,
	    fmt("%sContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b",
	        post),
	    415, "unsupported_media_type");
	raw(m->port,
	    fmt("%sContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}",
	        post),
	    400, "missing_field");
	assert_string_equal(digest(c), before);
	free((void *)(uintptr_t)before);
	free(text);
	free(big);
}

/* What the text has wrong, not which function of which library says so. */
static void
messages_name_no_internals(void **state)
{
	static const char *const bodies[] = { "{\"id\":\"\\u0000\"}", "{\"\\u0000\":1}",
		"{\"id\":\"\xff\"}", "{\"id\":", "{}x", "{\"id\":1e999}", "{\"id\":\"\\ud800\"}",
		"{\"id\":99999999999999999999}" };
	static const char *const words[] = { "JSON_", "jansson", "NUL byte", "redis.call", "hiredis",
		"unable to decode", "user_script", "nil", "table:" };
	struct musterd *m = start(*state);
	size_t i, k;
	json_t *p;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_int_equal(api_try(m->port, "POST", NODES, bodies[i], &p), 400);
		for (k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (strstr(get_str(p, "detail"), words[k]) != NULL)
				fail_msg("%s: %s", bodies[i], get_str(p, "detail"));
	}
}

/* 10, 10.0 and 1e1 are the same whole number. */
static void
whole_numbers_may_be_written_in_any_way(void **state)
{
	static const char *const good[] = { "10", "10.0", "1e1", "1E+1", "100e-1", "10.000" };
	static const char *const bad[] = { "10.5", "1e-1", "1e400", "1e7", "\"10\"", "-1.0" };
	struct musterd *m = start(*state);
	json_t *r;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		r = api(m->port, i == 0 ? 201 : 200, "POST", NODES,
		    fmt("{\"id\":\"w\",\"port\":%s,\"max_agents\":%s}", good[i], good[i]));
		check_json(r, "port", "10");
		check_json(r, "max_agents", "10");
		check_json(r, "weight", "10");
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(strstr(get_str(api_problem(m->port, 400, "invalid_field", "POST", NODES,
		                                   fmt("{\"id\":\"w\",\"max_agents\":%s}", bad[i])),
		                           "detail"),
		    "max_agents"));
	r = api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"e\"}");
	r = api(m->port, 200, "DELETE", "/api/cluster/assignments/batch",
	    fmt("{\"agents\":[{\"agent_id\":\"e\",\"epoch\":%lld.0}]}", get_int(r, "epoch")));
	check_json(r, "failed", "0");
}

static void
utilization_is_100_where_agents_stand_without_capacity(void **state)
{
	struct musterd *m = start(*state);

	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "agents.utilization", "100.0");
	api(m->port, 200, "POST", NODES, "{\"id\":\"n\",\"max_agents\":0}");
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "agents.capacity", "0");
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "agents.utilization", "100.0");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "agents.utilization", "0.0");
}

/* All lists take the same limits. */
static void
limits_are_the_same_on_every_list(void **state)
{
	static const char *const lists[] = { NODES, ASSIGNMENTS, "/api/cluster/check" };
	struct musterd *m = start(*state);
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		api(m->port, 200, "GET", fmt("%s?limit=1", lists[i]), NULL);
		api(m->port, 200, "GET", fmt("%s?limit=1000", lists[i]), NULL);
		api_problem(m->port, 400, "invalid_field", "GET", fmt("%s?limit=1001", lists[i]), NULL);
		api_problem(m->port, 400, "invalid_field", "GET", fmt("%s?limit=0", lists[i]), NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest errors[] = {
		cluster_test(refusals_have_their_codes_and_change_nothing),
		cluster_test(an_error_for_a_huge_number_names_the_field),
		cluster_test(other_methods_are_not_allowed),
		cluster_test(http_limits_are_exact),
		cluster_test(messages_name_no_internals),
		cluster_test(whole_numbers_may_be_written_in_any_way),
		cluster_test(utilization_is_100_where_agents_stand_without_capacity),
		cluster_test(limits_are_the_same_on_every_list),
	};

	return test_program(errors);
}
