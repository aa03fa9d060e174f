/*
 * Discovery: the list of nodes for Prometheus; and a real Prometheus that uses it with our
 * configuration and scrapes the nodes.
 */
#include "support/cluster.h"
#include "support/http_client.h"

#include <stdio.h>

#define NODES     "/api/cluster/nodes"
#define DISCOVERY "/api/cluster/sd/prometheus"
#define SHIPPED   "deploy/prometheus"

/* The target whose label `__meta_muster_node_id` is this id; NULL if there is none. */
static json_t *
target_of(json_t *targets, const char *id)
{
	json_t *t;
	size_t i;

	json_array_foreach(targets, i,
	    t) if (strcmp(get_str(t, "labels.__meta_muster_node_id"), id) == 0) return t;
	return NULL;
}

static void
discovery_lists_each_node_with_its_labels(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica");
	json_t *all, *t;

	api(m->port, 201, "POST", NODES,
	    "{\"id\":\"a\",\"hostname\":\"host-a\",\"ip_address\":\"10.0.0.1\",\"port\":81,"
	    "\"zone\":"
	    "\"z\",\"services\":[\"db\",\"gpu\"],\"labels\":{\"rack.no\":\"r\\\"1\",\"x\":\"\"}}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"b\",\"ip_address\":\"fe80::1\",\"port\":82}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"c\",\"ip_address\":\"10.0.0.3\"}");
	all = api(m->port, 200, "GET", DISCOVERY, NULL);
	assert_int_equal(json_array_size(all), 3);
	t = target_of(all, "a");
	check_json(t, "targets", "[\"10.0.0.1:81\"]");
	check_json(t, "labels",
	    "{\"__meta_muster_node_id\":\"a\",\"__meta_muster_hostname\":\"host-a\","
	    "\"__meta_muster_ip_address\":\"10.0.0.1\",\"__meta_muster_port\":\"81\","
	    "\"__meta_muster_role\":\"worker\",\"__meta_muster_status\":\"online\","
	    "\"__meta_muster_healthy\":\"1\",\"__meta_muster_zone\":\"z\","
	    "\"__meta_muster_services\":\",db,gpu,\",\"__meta_muster_label_rack_no\":\"r\\\"1\","
	    "\"__meta_muster_label_x\":\"\"}");
	check_json(target_of(all, "b"), "targets", "[\"[fe80::1]:82\"]");
	check_json(target_of(all, "c"), "targets", "[\"10.0.0.3\"]");
	assert_string_equal(get_str(target_of(all, "c"), "labels.__meta_muster_services"), "");
	all = api(m->port, 200, "GET", DISCOVERY "?service=gpu", NULL);
	assert_int_equal(json_array_size(all), 1);
	assert_non_null(target_of(all, "a"));
	all = api(m->port, 200, "GET", DISCOVERY "?service=none", NULL);
	assert_int_equal(json_array_size(all), 0);
	api_problem(m->port, 400, "invalid_id", "GET", DISCOVERY "?service=%20", NULL);
}

static void
discovery_reads_all_pages(void **state)
{
	enum { MANY = 1203 };
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-role", "replica");
	struct http_client client;
	struct http_response r;
	json_t *all;
	int i;

	assert_true(http_client_open(&client, "127.0.0.1", m->port));
	for (i = 0; i < MANY; i++) {
		assert_true(http_client_call(&client, "POST", NODES,
		    fmt("{\"id\":\"n%04d\",\"port\":1,\"services\":[\"%s\"]}", i,
		        i % 100 == 0 ? "few" : "many"),
		    &r));
		assert_int_equal(r.status, 201);
		http_response_fini(&r);
	}
	http_client_close(&client);
	all = api(m->port, 200, "GET", DISCOVERY, NULL);
	assert_int_equal(json_array_size(all), MANY);
	for (i = 0; i < MANY; i++)
		assert_string_equal(
		    get_str(json_array_get(all, (size_t)i), "labels.__meta_muster_node_id"),
		    fmt("n%04d", i));
	/* The filter makes pages short, and the last one empty. */
	all = api(m->port, 200, "GET", DISCOVERY "?service=few", NULL);
	assert_int_equal(json_array_size(all), 13);
}

static void
discovery_without_redis_is_an_error(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-role", "replica");

	redis_kill(c);
	wait_status(m->port, "/readyz", 503, 10000);
	api_problem(m->port, 503, "store_unavailable", "GET", DISCOVERY, NULL);
}

/* Our configuration for this port, with all intervals set to a second. To be freed. */
static char *
shipped(int port)
{
	char *text = file_read(SHIPPED "/prometheus.yml"), *at = text, *out = calloc(1, 65536);
	size_t len = 0;

	assert_non_null(strstr(text, ":8151/"));
	while (*at != '\0') {
		if (strncmp(at, ":8151/", 6) == 0) {
			len += (size_t)sprintf(out + len, ":%d/", port);
			at += 6;
		} else if (strncmp(at, "15s", 3) == 0) {
			len += (size_t)sprintf(out + len, "1s");
			at += 3;
		} else {
			out[len++] = *at++;
		}
	}
	free(text);
	return out;
}

/* Starts Prometheus with that configuration for this musterd. */
static pid_t
prometheus_start(struct cluster *c, const struct musterd *m, int port)
{
	const char *config = fmt("%s/prometheus.yml", c->dir);
	char *argv[] = { "prometheus", (char *)(uintptr_t)fmt("--config.file=%s", config),
		(char *)(uintptr_t)fmt("--storage.tsdb.path=%s/tsdb", c->dir),
		(char *)(uintptr_t)fmt("--web.listen-address=127.0.0.1:%d", port), NULL };
	char *text = shipped(m->port);

	assert_true(file_write(config, text));
	free(text);
	text = file_read(SHIPPED "/muster.rules.yml");
	assert_true(file_write(fmt("%s/muster.rules.yml", c->dir), text));
	free(text);
	return process_start(argv, fmt("%s/prometheus.log", c->dir));
}

#define QUICK             "-heartbeat-ttl", "1s", "-grace", "100ms"
#define QUERY(expression) "/api/v1/query?query=" expression

static void
a_real_prometheus_scrapes_the_listed_nodes(void **state)
{
	struct cluster *c = *state;
	struct musterd *a = musterd_start(c, "-cluster", "a", QUICK),
	               *b = musterd_start(c, "-cluster", "b", QUICK);
	int port = unused_port();
	pid_t pid;

	/* A node without a port is not scraped. */
	api(a->port, 201, "POST", NODES, "{\"id\":\"c\"}");
	pid = prometheus_start(c, a, port);
	assert_true(pid > 0);
	wait_status(port, "/-/ready", 200, 20000);
	wait_json(port, QUERY("up%7Bnode=%22a%22%7D"), "data.result.0.value.1", "\"1\"", 20000);
	wait_json(port, QUERY("up%7Bnode=%22b%22%7D"), "data.result.0.value.1", "\"1\"", 20000);
	wait_json(port, QUERY("count(up)"), "data.result.0.value.1", "\"2\"", 5000);
	wait_json(port, QUERY("sum(muster_leader)"), "data.result.0.value.1", "\"1\"", 20000);
	wait_json(port, QUERY("count(muster_cluster_led)"), "data.result.0.value.1", "\"2\"", 5000);
	wait_json(port, QUERY("sum(up)"), "data.result.0.value.1", "\"2\"", 5000);
	/* A node that dies is reported as down, and is then removed from the targets. */
	musterd_kill(b);
	wait_json(port, QUERY("count(up)"), "data.result.0.value.1", "\"1\"", 20000);
	wait_json(port, QUERY("up"), "data.result.0.metric.node", "\"a\"", 5000);
	process_kill(pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cluster_test(discovery_lists_each_node_with_its_labels),
		cluster_test(discovery_reads_all_pages),
		cluster_test(discovery_without_redis_is_an_error),
		cluster_test(a_real_prometheus_scrapes_the_listed_nodes),
	};

	return test_program(tests);
}
