/*
 * GET /metrics: every action changes its counters, and no text of a client becomes a label but the names of
 * resources.
 */
#include "support/cluster.h"
#include "support/http_client.h"
#include "support/sse.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define REQUESTS    "muster_http_requests_total"
#define OK(path)    "{route=\"" path "\",method=\"GET\",status=\"200\"}"

/* The text of the metrics, to be freed. */
static char *
scrape(const struct musterd *m)
{
	struct http_response r;
	char *text;

	assert_true(http_call(m->port, "GET", "/metrics", NULL, &r));
	assert_int_equal(r.status, 200);
	assert_string_equal(
	    http_response_header(&r, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
	text = strdup(r.body);
	http_response_fini(&r);
	return text;
}

/* The value of the sample with these labels, as they are written; NAN if there is none. */
static double
sample(const char *text, const char *series)
{
	const char *line = fmt("\n%s ", series), *at = strstr(text, line);

	return at != NULL ? strtod(at + strlen(line), NULL) : NAN;
}

static double
metric(const struct musterd *m, const char *series)
{
	char *text = scrape(m);
	double v = sample(text, series);

	free(text);
	return v;
}

/* Fails unless the sample has exactly this value. */
#define check_metric(m, series, expected) check_metric_at(__LINE__, m, series, expected)
static void
check_metric_at(int line, const struct musterd *m, const char *series, double expected)
{
	double v = metric(m, series);

	if (v != expected)
		fail_msg("line %d: %s is %g, not %g", line, series, v, expected);
}

struct expectation {
	const struct musterd *m;
	const char *series;
	double value;
};

static bool
is_met(void *arg)
{
	struct expectation *e = arg;

	return metric(e->m, e->series) == e->value;
}

static void
wait_metric(const struct musterd *m, const char *series, double value)
{
	struct expectation e = { m, series, value };

	if (!poll_until(is_met, &e, 10000))
		fail_msg("%s is %g, not %g", series, metric(m, series), value);
}

static void
every_metric_has_a_sample(void **state)
{
	static const char *const names[] = {
#define METRIC(kind, name, exposed, a, b, help) exposed,
#include "base/metrics.def"
#undef METRIC
	};
	struct musterd *m = musterd_start(*state, "-cluster", "n1");
	struct sse_event e;
	struct sse s;
	char *text;
	size_t i;

	/* There is a leader, a first request was counted, and a first event was sent. */
	wait_metric(m, "muster_cluster_led", 1);
	assert_true(sse_open(&s, m->port, "/api/cluster/events", NULL) && sse_live(&s, 10000));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\",\"resources\":{\"gpu\":1}}");
	assert_true(sse_next(&s, &e, 10000));
	sse_close(&s);
	text = scrape(m);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strstr(text, fmt("\n%s ", names[i])) == NULL &&
		    strstr(text, fmt("\n%s{", names[i])) == NULL &&
		    strstr(text, fmt("\n%s_count{", names[i])) == NULL &&
		    strstr(text, fmt("\n%s_count ", names[i])) == NULL)
			fail_msg("%s has no sample", names[i]);
	free(text);
}

static void
requests_are_counted_by_route_and_status(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica");
	struct http_client c;
	struct http_response r;

	api(m->port, 201, "POST", NODES, "{\"id\":\"a\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"b\"}");
	api(m->port, 200, "POST", NODES, "{\"id\":\"b\"}");
	api(m->port, 200, "GET", NODES "/a", NULL);
	api_problem(m->port, 404, "node_not_found", "GET", NODES "/c", NULL);
	api_problem(m->port, 400, "unknown_field", "POST", NODES, "{\"x\":1}");
	api_problem(m->port, 405, "method_not_allowed", "DELETE", NODES, NULL);
	/* A request that cannot be parsed is answered and has no route. */
	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	assert_true(http_client_send_str(&c, "GET / HTTP/1.1\r\n\r\n"));
	assert_true(http_client_read(&c, &r));
	assert_int_equal(r.status, 400);
	http_response_fini(&r);
	http_client_close(&c);

	check_metric(m, REQUESTS "{route=\"" NODES "\",method=\"POST\",status=\"201\"}", 2);
	check_metric(m, REQUESTS "{route=\"" NODES "\",method=\"POST\",status=\"200\"}", 1);
	check_metric(m, REQUESTS "{route=\"" NODES "\",method=\"POST\",status=\"400\"}", 1);
	check_metric(m, REQUESTS OK(NODES "/:id"), 1);
	check_metric(m, REQUESTS "{route=\"" NODES "/:id\",method=\"GET\",status=\"404\"}", 1);
	check_metric(m, REQUESTS "{route=\"none\",method=\"none\",status=\"405\"}", 1);
	check_metric(m, REQUESTS "{route=\"none\",method=\"none\",status=\"400\"}", 1);
	check_metric(m, "muster_http_errors_total{code=\"node_not_found\"}", 1);
	check_metric(m, "muster_http_errors_total{code=\"unknown_field\"}", 1);
	check_metric(m, "muster_http_errors_total{code=\"no_capacity\"}", 0);
	check_metric(m,
	    "muster_http_request_duration_seconds_count{route=\"" NODES "\",method=\"POST\"}", 4);
	check_metric(m,
	    "muster_http_request_duration_seconds_bucket{route=\"" NODES
	    "\",method=\"POST\",le=\"+Inf\"}",
	    4);
	/* The request for the metrics is itself in flight. */
	check_metric(m, "muster_http_requests_in_flight", 1);
	check_metric(m, "muster_http_connections_refused_total", 0);
}

static void
script_calls_are_counted_by_script(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica");
	double sum;
	int i;

	/* The first call is answered NOSCRIPT and then repeated with the text. */
	for (i = 0; i < 5; i++)
		api(m->port, i == 0 ? 201 : 200, "POST", NODES, "{\"id\":\"a\"}");
	check_metric(m, "muster_redis_script_duration_seconds_count{script=\"node_register\"}", 6);
	sum = metric(m, "muster_redis_script_duration_seconds_sum{script=\"node_register\"}");
	assert_true(sum > 0 && sum < 5);
	assert_true(metric(m, "muster_redis_errors_total{error=\"NOSCRIPT\"}") >= 1);
	assert_true(
	    isnan(metric(m, "muster_redis_script_duration_seconds_count{script=\"node_leave\"}")));
}

/* They come from counters in Redis, so every front-end reports the same. */
static void
the_metrics_of_the_cluster_equal_its_statistics(void **state)
{
	struct musterd *m[2] = { musterd_start(*state, "-role", "replica"),
		musterd_start(*state, "-role", "replica") };
	int i;

	api(m[0]->port, 201, "POST", NODES, "{\"id\":\"a\",\"max_agents\":3}");
	api(m[0]->port, 201, "POST", NODES, "{\"id\":\"b\",\"max_agents\":5}");
	api(m[0]->port, 200, "POST", NODES "/a",
	    "{\"cpu_usage\":20,\"memory_usage\":40,\"disk_usage\":60,\"load_average\":1.5}");
	api(m[0]->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"1\",\"strategy\":\"random\"}");
	api(m[0]->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"2\"}");
	api(m[0]->port, 202, "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"3\",\"services\":[\"gpu\"],\"queue\":true}");
	api(m[0]->port, 200, "POST", NODES "/b", "{\"status\":\"draining\"}");
	api(m[0]->port, 200, "POST", "/api/cluster/hold", "{\"action\":\"enter\"}");
	for (i = 0; i < 2; i++) {
		check_metric(m[i], "muster_cluster_up", 1);
		check_metric(m[i], "muster_cluster_nodes{status=\"online\"}", 1);
		check_metric(m[i], "muster_cluster_nodes{status=\"draining\"}", 1);
		check_metric(m[i], "muster_cluster_nodes{status=\"offline\"}", 0);
		check_metric(m[i], "muster_cluster_nodes_healthy", 2);
		check_metric(m[i], "muster_cluster_agents{status=\"assigned\"}", 2);
		check_metric(m[i], "muster_cluster_agents{status=\"pending\"}", 1);
		check_metric(m[i], "muster_cluster_capacity_agents", 8);
		check_metric(m[i], "muster_cluster_utilization_ratio", 0.25);
		check_metric(m[i], "muster_cluster_usage_ratio{resource=\"cpu\"}", 0.1);
		check_metric(m[i], "muster_cluster_usage_ratio{resource=\"memory\"}", 0.2);
		check_metric(m[i], "muster_cluster_usage_ratio{resource=\"disk\"}", 0.3);
		check_metric(m[i], "muster_cluster_load_average", 0.75);
		check_metric(m[i], "muster_cluster_placements_total{reason=\"requested\"}", 2);
		check_metric(
		    m[i], "muster_cluster_strategy_placements_total{strategy=\"random\"}", 1);
		check_metric(
		    m[i], "muster_cluster_strategy_placements_total{strategy=\"least_loaded\"}", 1);
		check_metric(m[i], "muster_cluster_moves_total", 0);
		check_metric(m[i], "muster_cluster_led", 0);
		check_metric(m[i], "muster_cluster_hold", 1);
		assert_true(isnan(metric(m[i], "muster_cluster_term")));
	}
}

static void
resources_and_reasons_to_wait_are_measured(void **state)
{
	static const char series[] = "\nmuster_resource_capacity{";
	struct musterd *m = musterd_start(*state, "-role", "replica");
	const char *at;
	char *text;
	int i, k, n = 0;

	api(m->port, 201, "POST", NODES, "{\"id\":\"a\",\"resources\":{\"gpu\":2}}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"b\",\"resources\":{\"gpu\":3,\"mb\":7}}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"1\",\"resources\":{\"gpu\":2}}");
	api(m->port, 202, "POST", ASSIGNMENTS,
	    "{\"agent_id\":\"2\",\"resources\":{\"gpu\":4},\"queue\":true}");
	check_metric(m, "muster_resource_capacity{resource=\"gpu\"}", 5);
	check_metric(m, "muster_resource_allocated{resource=\"gpu\"}", 2);
	check_metric(m, "muster_resource_allocated{resource=\"mb\"}", 0);
	check_metric(m, "muster_pending_agents{reason=\"resource\"}", 1);
	check_metric(m, "muster_pending_agents{reason=\"full\"}", 0);
	api(m->port, 204, "DELETE", ASSIGNMENTS "/1", NULL);
	api(m->port, 204, "DELETE", ASSIGNMENTS "/2", NULL);
	check_metric(m, "muster_resource_allocated{resource=\"gpu\"}", 0);
	check_metric(m, "muster_pending_agents{reason=\"resource\"}", 0);
	/* However many names there are, there are no more than 64 series. */
	for (i = 0; i < 5; i++) {
		const char *names = "\"x\":1";

		for (k = 0; k < 15; k++)
			names = fmt("%s,\"r%d-%d\":1", names, i, k);
		api(m->port, 201, "POST", NODES,
		    fmt("{\"id\":\"n%d\",\"resources\":{%s}}", i, names));
	}
	text = scrape(m);
	for (at = strstr(text, series); at != NULL; at = strstr(at + 1, series))
		n++;
	assert_int_equal(n, 64);
	free(text);
}

static void
moves_count_as_placements_with_their_reason(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica");

	api(m->port, 201, "POST", NODES, "{\"id\":\"a\",\"max_agents\":2}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"1\"}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"2\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"b\",\"max_agents\":9}");
	api(m->port, 200, "DELETE", NODES "/a", NULL);
	check_metric(m, "muster_cluster_placements_total{reason=\"requested\"}", 2);
	check_metric(m, "muster_cluster_placements_total{reason=\"node_left\"}", 2);
	check_metric(m, "muster_cluster_moves_total", 2);
	check_metric(m, "muster_cluster_strategy_placements_total{strategy=\"least_loaded\"}", 4);
}

static void
only_the_leader_reports_that_it_leads(void **state)
{
	struct musterd *a = musterd_start(*state, "-cluster", "a", "-lease-ttl", "1s"), *b;

	wait_metric(a, "muster_leader", 1);
	b = musterd_start(*state, "-cluster", "b", "-lease-ttl", "1s");
	check_metric(b, "muster_leader", 0);
	check_metric(b, "muster_cluster_led", 1);
	check_metric(b, "muster_cluster_nodes{status=\"online\"}", 2);
	assert_true(metric(a, "muster_cluster_term") == metric(b, "muster_cluster_term"));
	musterd_kill(a);
	wait_metric(b, "muster_leader", 1);
	check_metric(b, "muster_leader_elections_won_total", 1);
	api(b->port, 200, "GET", "/api/cluster/leader", NULL);
}

static void
without_redis_the_metrics_of_the_process_remain(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-role", "replica");
	double connects = metric(m, "muster_redis_connects_total");
	/* A request to /readyz may have failed before it was ready. */
	double refused = metric(m, "muster_http_errors_total{code=\"store_unavailable\"}");
	char *text;

	check_metric(m, "muster_redis_connections", connects);
	redis_kill(c);
	wait_metric(m, "muster_redis_connections", 0);
	check_metric(m, "muster_redis_connections_lost_total", connects);
	api_problem(m->port, 503, "store_unavailable", "GET", NODES, NULL);
	text = scrape(m);
	assert_true(sample(text, "muster_cluster_up") == 0);
	assert_true(sample(text, "muster_redis_errors_total{error=\"not_connected\"}") >= 1);
	assert_true(
	    sample(text, "muster_http_errors_total{code=\"store_unavailable\"}") == refused + 1);
	assert_true(sample(text, "process_open_fds") > 3);
	assert_null(strstr(text, "\nmuster_cluster_nodes"));
	assert_null(strstr(text, "\nmuster_cluster_strategy_placements_total{"));
	free(text);
	redis_start(c);
	wait_metric(m, "muster_cluster_up", 1);
	check_metric(m, "muster_redis_connects_total", connects + 1);
	check_metric(m, "muster_redis_connections", 1);
}

/* A frozen Redis does not answer: requests are in flight at first, and then have no outcome. */
static void
event_streams_and_their_lag_are_counted(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica");
	struct sse s;
	struct sse_event e;

	check_metric(m, "muster_event_followers", 0);
	assert_true(sse_open(&s, m->port, "/api/cluster/events", NULL));
	assert_true(sse_live(&s, 10000));
	check_metric(m, "muster_event_followers", 1);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	assert_true(sse_next(&s, &e, 10000));
	check_metric(m, "muster_event_lag_seconds_count", 1);
	check_metric(m, "muster_event_followers_cut_total", 0);
	sse_close(&s);
	wait_metric(m, "muster_event_followers", 0);
}

static void
waiting_requests_are_in_flight(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-role", "replica");
	struct http_client waiting;
	struct http_response r;

	assert_true(http_client_open(&waiting, "127.0.0.1", m->port));
	assert_true(process_freeze(c->redis));
	assert_true(http_client_send_str(&waiting, "GET " NODES " HTTP/1.1\r\nHost: t\r\n\r\n"));
	assert_true(http_client_read(&waiting, &r));
	assert_int_equal(r.status, 504);
	http_response_fini(&r);
	http_client_close(&waiting);
	process_thaw(c->redis);
	wait_metric(m, "muster_cluster_up", 1);
	assert_true(metric(m, "muster_redis_errors_total{error=\"timed_out\"}") >= 1);
	check_metric(m, "muster_http_errors_total{code=\"outcome_unknown\"}", 1);
	check_metric(m, "muster_http_requests_in_flight", 1);
	check_metric(m, "muster_redis_commands_in_flight", 0);
}

/* A blocking query is answered late because the client asked for that. */
static void
a_blocking_query_is_counted_but_not_timed(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica");
	const char *index;

	api(m->port, 201, "POST", NODES, "{\"id\":\"a\"}");
	index = fmt("%s", api_header("X-Cluster-Index"));
	api(m->port, 200, "GET", fmt(NODES "?index=%s&wait=50ms", index), NULL);
	check_metric(m, REQUESTS OK(NODES), 1);
	assert_true(isnan(metric(
	    m, "muster_http_request_duration_seconds_count{route=\"" NODES "\",method=\"GET\"}")));
	api(m->port, 200, "GET", NODES, NULL);
	check_metric(m, REQUESTS OK(NODES), 2);
	check_metric(
	    m, "muster_http_request_duration_seconds_count{route=\"" NODES "\",method=\"GET\"}", 1);
}

static void
an_event_stream_is_counted_when_it_starts(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica");
	struct http_client c;

	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	assert_true(
	    http_client_send_str(&c, "GET /api/cluster/events HTTP/1.1\r\nHost: t\r\n\r\n"));
	wait_metric(m, REQUESTS OK("/api/cluster/events"), 1);
	check_metric(m, "muster_http_requests_in_flight", 1);
	/* This connection and the other one. */
	check_metric(m, "muster_http_connections", 2);
	http_client_close(&c);
	wait_metric(m, "muster_http_connections", 1);
}

static size_t
series_of(const struct musterd *m)
{
	char *text = scrape(m), *at;
	size_t n = 0;

	for (at = text; (at = strchr(at, '\n')) != NULL; at++)
		n += at[1] != '#';
	free(text);
	return n;
}

static void
unknown_paths_methods_and_ids_are_no_labels(void **state)
{
	static const char *const methods[] = { "GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS",
		"PURGE", "MKCOL" };
	struct musterd *m = musterd_start(*state, "-role", "replica");
	struct http_client c;
	struct http_response r;
	/* The first scrape adds a series for its own route. */
	size_t before = series_of(m);
	char *text;
	int i;

	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	for (i = 0; i < 1000; i++) {
		const char *method = methods[i % 8];

		if (i == 16)
			before = series_of(m);
		assert_true(http_client_call(&c, method, fmt("/storm-%d/x?q=%d", i, i), NULL, &r));
		assert_int_equal(r.status, 404);
		http_response_fini(&r);
		assert_true(http_client_call(&c, method, fmt(NODES "/storm-%d", i), NULL, &r));
		http_response_fini(&r);
	}
	http_client_close(&c);
	text = scrape(m);
	assert_null(strstr(text, "storm"));
	assert_null(strstr(text, "PURGE"));
	assert_true(
	    sample(text, REQUESTS "{route=\"none\",method=\"none\",status=\"404\"}") == 1000);
	free(text);
	assert_int_equal(series_of(m), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cluster_test(every_metric_has_a_sample),
		cluster_test(requests_are_counted_by_route_and_status),
		cluster_test(script_calls_are_counted_by_script),
		cluster_test(the_metrics_of_the_cluster_equal_its_statistics),
		cluster_test(resources_and_reasons_to_wait_are_measured),
		cluster_test(moves_count_as_placements_with_their_reason),
		cluster_test(only_the_leader_reports_that_it_leads),
		cluster_test(without_redis_the_metrics_of_the_process_remain),
		cluster_test(event_streams_and_their_lag_are_counted),
		cluster_test(waiting_requests_are_in_flight),
		cluster_test(a_blocking_query_is_counted_but_not_timed),
		cluster_test(an_event_stream_is_counted_when_it_starts),
		cluster_test(unknown_paths_methods_and_ids_are_no_labels),
	};

	return test_program(tests);
}
