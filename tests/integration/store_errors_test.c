/* What a front-end answers while Redis is down, silent, refusing or slow, and that it recovers. */
#include "support/cluster.h"
#include "support/http_client.h"

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define STATS       "/api/cluster/stats"

enum { IN_FLIGHT_MAX = 4096, BEYOND = 64 };

/* A front-end that makes no calls by itself, with one node. */
static struct musterd *
start(struct cluster *c)
{
	struct musterd *m = musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	return m;
}

static void
check_unavailable(struct musterd *m)
{
	json_t *p;

	p = api_problem(
	    m->port, 503, "store_unavailable", "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	assert_non_null(api_header("Retry-After"));
	assert_true(strtol(api_header("Retry-After"), NULL, 10) > 0);
	check_json(p, "retryable", "true");
	api(m->port, 200, "GET", "/livez", NULL);
	p = api_problem(m->port, 503, "store_unavailable", "GET", "/readyz", NULL);
	get_str(p, "reasons.redis");
	assert_non_null(strstr(get_str(p, "detail"), "redis"));
}

static void
requests_get_503_until_redis_is_back(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);

	api(m->port, 200, "GET", "/readyz", NULL);
	redis_kill(c);
	check_unavailable(m);
	api_problem(m->port, 503, "store_unavailable", "GET", STATS, NULL);
	api_problem(m->port, 503, "store_unavailable", "DELETE", NODES "/n", NULL);
	/* Errors of the request itself are still reported. */
	api_problem(m->port, 400, "missing_field", "POST", ASSIGNMENTS, "{}");
	redis_start(c);
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
}

static void
a_front_end_without_redis_starts_and_waits(void **state)
{
	struct cluster *c = *state;
	struct musterd *m;

	redis_end(c);
	m = musterd_start_blind(c, "-cluster", "n1");
	check_unavailable(m);
	redis_start(c);
	wait_json(m->port, NODES "/n1", "status", "\"online\"", API_WAIT_MS);
	wait_json(m->port, "/api/cluster/leader", "leader_id", "\"n1\"", API_WAIT_MS);
}

static void
requests_get_504_when_redis_is_silent(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);
	json_t *p;
	long since;

	assert_true(process_freeze(c->redis));
	since = now_ms();
	p = api_problem(
	    m->port, 504, "outcome_unknown", "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	assert_true(now_ms() - since < 2500);
	check_json(p, "retryable", "true");
	api(m->port, 200, "GET", "/livez", NULL);
	/* The connection is lost and cannot be made again. */
	since = now_ms();
	check_unavailable(m);
	assert_true(now_ms() - since < 2500);
	process_thaw(c->redis);
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	api(m->port, 200, "GET", STATS, NULL);
	/* A retry shows what happened. */
	api_try(m->port, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}", NULL);
	check_json(api(m->port, 200, "GET", ASSIGNMENTS, NULL), "count", "1");
	check_json(api(m->port, 200, "GET", NODES "/n", NULL), "active_agents", "1");
}

static void
more_than_4096_requests_in_flight_get_429(void **state)
{
	static struct http_client client[IN_FLIGHT_MAX + BEYOND];
	const char *request = "GET " STATS " HTTP/1.1\r\nHost: t\r\n\r\n";
	struct cluster *c = *state;
	struct musterd *m = start(c);
	int i, overloaded = 0, unknown = 0, opened = 0;

	for (i = 0; i < IN_FLIGHT_MAX + BEYOND; i++)
		opened += http_client_open(&client[i], "127.0.0.1", m->port);
	assert_int_equal(opened, IN_FLIGHT_MAX + BEYOND);
	/* All connections are accepted and the script is loaded before the time is measured. */
	api(m->port, 200, "GET", STATS, NULL);
	assert_true(process_freeze(c->redis));
	for (i = 0; i < IN_FLIGHT_MAX + BEYOND; i++)
		assert_true(http_client_send_str(&client[i], request));
	for (i = 0; i < IN_FLIGHT_MAX + BEYOND; i++) {
		struct http_response r = { 0 };
		json_t *body;

		assert_true(http_client_read(&client[i], &r));
		http_client_close(&client[i]);
		body = json_loads(r.body, 0, NULL);
		if (r.status == 429) {
			api_check_problem(__FILE__, __LINE__, 429, "overloaded", r.status,
			    http_response_header(&r, "Content-Type"), body);
			assert_non_null(http_response_header(&r, "Retry-After"));
			check_json(body, "retryable", "true");
			overloaded++;
		} else {
			api_check_problem(__FILE__, __LINE__, 504, "outcome_unknown", r.status,
			    http_response_header(&r, "Content-Type"), body);
			unknown++;
		}
		json_decref(body);
		http_response_fini(&r);
	}
	assert_int_equal(overloaded, BEYOND);
	assert_int_equal(unknown, IN_FLIGHT_MAX);
	process_thaw(c->redis);
	wait_status(m->port, STATS, 200, API_WAIT_MS);
}

static void
requests_get_503_when_redis_refuses_writes(void **state)
{
	static const char *const settings[][2] = {
		{ "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0" },
		{ "CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0" },
		{ "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE" },
	};
	struct cluster *c = *state;
	struct musterd *m = start(c);
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		redis_do(c, settings[i][0]);
		check_unavailable(m);
		redis_do(c, settings[i][1]);
		wait_status(m->port, "/readyz", 200, API_WAIT_MS);
		check_json(api(m->port, 200, "GET", ASSIGNMENTS, NULL), "count", "0");
	}
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
}

static void
other_databases_and_namespaces_are_other_clusters(void **state)
{
	struct cluster *c = *state;
	struct musterd *a = start(c);
	struct musterd *b = musterd_start(c, "-namespace", "other");
	struct musterd *d = musterd_start(c, "-redis", fmt("%s?db=1", c->url));

	check_json(api(a->port, 200, "GET", NODES, NULL), "count", "1");
	check_json(api(b->port, 200, "GET", NODES, NULL), "count", "0");
	check_json(api(d->port, 200, "GET", NODES, NULL), "count", "0");
}

int
main(void)
{
	const struct CMUnitTest store_errors[] = {
		cluster_test(requests_get_503_until_redis_is_back),
		cluster_test(a_front_end_without_redis_starts_and_waits),
		cluster_test(requests_get_504_when_redis_is_silent),
		cluster_test(more_than_4096_requests_in_flight_get_429),
		cluster_test(requests_get_503_when_redis_refuses_writes),
		cluster_test(other_databases_and_namespaces_are_other_clusters),
	};

	return test_program(store_errors);
}
