/*
 * Requests that arrive together are carried out in one call to Redis, and each gets the answer that
 * it would have got alone. The front-end is stopped while they are sent, so that they do arrive
 * together.
 */
#include "support/cluster.h"
#include "support/http_client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

enum { KINDS = 7, EACH = 12, REQUESTS = KINDS * EACH, NODES_N = 5 };

struct asked {
	struct http_client http;
	struct http_response r;
};

static struct asked asked[REQUESTS];

/* Sends a request on connection `i`, which the front-end has already accepted. */
static void
send_request(int i, const char *method, const char *path, const char *body)
{
	assert_true(http_client_send_str(&asked[i].http,
	    fmt("%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	        "Content-Length: %zu\r\n\r\n%s",
	        method, path, strlen(body), body)));
}

static void
send_all(void)
{
	int i, k;

	for (i = 0, k = 0; k < EACH; k++) {
		send_request(i++, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"new-%d\"}", k));
		send_request(i++, "GET", fmt(ASSIGNMENTS "/old-%d", k), "");
		send_request(i++, "GET", fmt(ASSIGNMENTS "/none-%d", k), "");
		send_request(i++, "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"z-%d\",\"services\":[\"z\"]}", k));
		send_request(i++, "DELETE", fmt(ASSIGNMENTS "/gone-%d", k), "");
		send_request(i++, "POST", fmt(NODES "/n%d", k % NODES_N),
		    fmt("{\"cpu_usage\":%d.5,\"memory_usage\":7}", k));
		send_request(i++, "POST", fmt(NODES "/nobody-%d", k), "{}");
	}
}

/* The body of reply `i`, which must have this status. */
static json_t *
reply_of(int i, int status)
{
	json_t *body = json_loads(asked[i].r.body, 0, NULL);

	if (asked[i].r.status != status)
		print_error("request %d: %d %s\n", i, asked[i].r.status, asked[i].r.body);
	assert_int_equal(asked[i].r.status, status);
	return body;
}

/* The event that reply `i` names must have this type and this agent. */
static void
check_event(struct cluster *c, int i, const char *type, const char *agent)
{
	const char *index = http_response_header(&asked[i].r, "X-Cluster-Index");
	const char *event;

	assert_non_null(index);
	event = redis_do(c, fmt("XRANGE muster:{default}:events %s %s", index, index));
	assert_non_null(strstr(event, type));
	assert_non_null(strstr(event, agent));
}

static void
check_round(struct cluster *c, int k)
{
	int i = k * KINDS;
	json_t *body = reply_of(i, 201);

	assert_string_equal(get_str(body, "agent_id"), fmt("new-%d", k));
	assert_string_equal(get_str(body, "status"), "assigned");
	check_event(c, i, "agent.assigned", fmt("new-%d", k));
	json_decref(body);
	body = reply_of(i + 1, 200);
	assert_string_equal(get_str(body, "agent_id"), fmt("old-%d", k));
	assert_true(get_bool(body, "node.healthy"));
	json_decref(body);
	body = reply_of(i + 2, 404);
	assert_string_equal(get_str(body, "code"), "assignment_not_found");
	assert_non_null(strstr(get_str(body, "detail"), fmt("none-%d", k)));
	json_decref(body);
	body = reply_of(i + 3, 409);
	assert_string_equal(get_str(body, "code"), "no_capacity");
	check_json(body, "reasons", fmt("{\"service\":%d}", NODES_N));
	assert_null(http_response_header(&asked[i + 3].r, "X-Cluster-Index"));
	json_decref(body);
	json_decref(reply_of(i + 4, 204));
	check_event(c, i + 4, "agent.released", fmt("gone-%d", k));
	body = reply_of(i + 5, 200);
	assert_string_equal(get_str(body, "node.id"), fmt("n%d", k % NODES_N));
	check_json(body, "node.cpu_usage", fmt("%d.5", k));
	json_decref(body);
	body = reply_of(i + 6, 404);
	assert_string_equal(get_str(body, "code"), "node_not_found");
	json_decref(body);
}

static void
prepare(struct musterd *m)
{
	int i;

	for (i = 0; i < NODES_N; i++)
		api(m->port, 201, "POST", NODES, fmt("{\"id\":\"n%d\",\"max_agents\":100}", i));
	for (i = 0; i < EACH; i++) {
		api(m->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"old-%d\"}", i));
		api(m->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"gone-%d\"}", i));
	}
	for (i = 0; i < REQUESTS; i++) {
		assert_true(http_client_open(&asked[i].http, "127.0.0.1", m->port));
		assert_true(http_client_call(&asked[i].http, "GET", "/livez", NULL, &asked[i].r));
		http_response_fini(&asked[i].r);
	}
}

/* The value of this metric of the front-end. */
static long
metric(struct musterd *m, const char *name)
{
	struct http_response r;
	const char *at;
	long n;

	assert_true(http_call(m->port, "GET", "/metrics", NULL, &r));
	at = strstr(r.body, fmt("\n%s ", name));
	assert_non_null(at);
	n = strtol(at + strlen(name) + 2, NULL, 10);
	http_response_fini(&r);
	return n;
}

static void
each_request_gets_the_same_answer_as_alone(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-heartbeat-ttl", "1h");
	const char *stats;
	int i;

	prepare(m);
	redis_do(c, "CONFIG RESETSTAT");
	assert_int_equal(kill(m->pid, SIGSTOP), 0);
	send_all();
	assert_int_equal(kill(m->pid, SIGCONT), 0);
	for (i = 0; i < REQUESTS; i++)
		assert_true(http_client_read(&asked[i].http, &asked[i].r));
	/* Heartbeats of unknown nodes are repeated, each alone. */
	stats = strstr(redis_do(c, "INFO commandstats"), "cmdstat_evalsha:calls=");
	assert_non_null(stats);
	assert_in_range(strtol(strchr(stats, '=') + 1, NULL, 10), 1, EACH + REQUESTS / 3);
	for (i = 0; i < EACH; i++)
		check_round(c, i);
	assert_true(metric(m, "muster_redis_operations_coalesced_total") > REQUESTS / 2);
	assert_int_equal(metric(m, "muster_redis_operations_waiting"), 0);
	check_json(api(m->port, 200, "GET", "/api/cluster/stats", NULL), "agents.assigned",
	    fmt("%d", 2 * EACH));
	check_json(
	    api(m->port, 200, "GET", "/api/cluster/check?limit=200", NULL), "violations", "[]");
	for (i = 0; i < REQUESTS; i++) {
		http_response_fini(&asked[i].r);
		http_client_close(&asked[i].http);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cluster_test(each_request_gets_the_same_answer_as_alone),
	};

	return test_program(tests);
}
