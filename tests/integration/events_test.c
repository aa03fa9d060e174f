/* The events: which ones there are, what they tell, and which of them a client gets. */
#include "support/cluster.h"
#include "support/event_stream.h"
#include "support/http_client.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

enum { NOTHING_MS = 300 };

/* A front-end that changes nothing by itself. */
static struct musterd *
start(struct cluster *c)
{
	return musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");
}

static void
every_change_has_an_event_with_its_index(void **state)
{
	struct musterd *m = start(*state);
	struct sse s = events_follow(m, "", NULL);
	struct sse_event e;
	json_t *a;

	assert_true(sse_live(&s, EVENTS_SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	assert_true(sse_next(&s, &e, EVENTS_SOON_MS));
	assert_string_equal(e.type, "node.registered");
	assert_string_equal(e.id, api_header("X-Cluster-Index"));
	a = api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	events_expect(&s, "agent.assigned",
	    fmt("{\"agent_id\":\"a\",\"node_id\":\"n1\",\"previous_node_id\":null,"
	        "\"epoch\":%lld,\"reason\":\"requested\"}",
	        get_int(a, "epoch")));
	api(m->port, 200, "POST", NODES "/n1", "{\"status\":\"draining\"}");
	events_expect(&s, "node.draining", "{\"node_id\":\"n1\"}");
	api(m->port, 200, "POST", NODES "/n1", "{\"status\":\"online\"}");
	events_expect(&s, "node.online", "{\"node_id\":\"n1\"}");
	api(m->port, 200, "POST", NODES "/n1", "{\"healthy\":false}");
	events_expect(&s, "node.suspect", "{\"node_id\":\"n1\"}");
	api(m->port, 200, "DELETE", NODES "/n1", NULL);
	events_expect(&s, "agent.pending",
	    "{\"agent_id\":\"a\",\"node_id\":null,\"previous_node_id\":\"n1\","
	    "\"reason\":\"node_left\"}");
	events_expect(&s, "node.left", "{\"node_id\":\"n1\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"n2\"}");
	events_expect(&s, "node.registered", "{\"node_id\":\"n2\"}");
	events_expect(&s, "agent.moved", "{\"agent_id\":\"a\",\"node_id\":\"n2\"}");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
	events_expect(&s, "agent.released", "{\"agent_id\":\"a\",\"node_id\":null}");
	api(m->port, 200, "POST", "/api/cluster/balance", "{\"strategy\":\"weighted\"}");
	events_expect(
	    &s, "strategy.changed", "{\"strategy\":\"weighted\",\"previous\":\"least_loaded\"}");
	api(m->port, 200, "POST", "/api/cluster/hold", "{\"action\":\"enter\"}");
	events_expect(&s, "hold.entered", "{\"why\":\"operator\"}");
	api(m->port, 200, "POST", "/api/cluster/hold", "{\"action\":\"release\"}");
	events_expect(&s, "hold.left", "{\"why\":\"released\"}");
	/* A heartbeat that only has new usage makes no event. */
	api(m->port, 200, "POST", NODES "/n2", "{\"cpu_usage\":5}");
	assert_false(sse_next(&s, &e, NOTHING_MS));
	sse_close(&s);
}

/* How a node stands, as its events tell. */
#define STANDS(status, healthy)                                                                 \
	"{\"node_id\":\"n\",\"status\":\"" status "\",\"healthy\":" healthy ",\"schedulable\":" \
	"true}"

/* Sends a heartbeat, whose event must tell what the node then shows. */
static void
beat(struct musterd *m, struct sse *s, const char *body, const char *type, const char *stands)
{
	json_t *wanted = json_loads(stands, 0, NULL), *n;

	n = json_find(api(m->port, 200, "POST", NODES "/n", body), "node");
	assert_true(json_equal(json_object_get(n, "status"), json_object_get(wanted, "status")));
	assert_true(json_equal(json_object_get(n, "healthy"), json_object_get(wanted, "healthy")));
	events_expect(s, type, stands);
	json_decref(wanted);
}

static void
node_events_fold_to_the_list_of_nodes(void **state)
{
	struct musterd *m = start(*state);
	struct sse s = events_follow(m, "", NULL);

	assert_true(sse_live(&s, EVENTS_SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	events_expect(&s, "node.registered", STANDS("online", "true"));
	beat(m, &s, "{\"status\":\"draining\"}", "node.draining", STANDS("draining", "true"));
	beat(m, &s, "{\"healthy\":false}", "node.suspect", STANDS("draining", "false"));
	beat(m, &s, "{\"status\":\"online\"}", "node.suspect", STANDS("online", "false"));
	beat(m, &s, "{\"healthy\":true}", "node.online", STANDS("online", "true"));
	beat(m, &s, "{\"status\":\"draining\",\"healthy\":false}", "node.draining",
	    STANDS("draining", "false"));
	/* A new process is well, and drains on. */
	api(m->port, 200, "POST", NODES, "{\"id\":\"n\"}");
	events_expect(&s, "node.registered", STANDS("draining", "true"));
	api(m->port, 200, "DELETE", NODES "/n", NULL);
	events_expect(&s, "node.left", STANDS("offline", "false"));
	sse_close(&s);
}

static void
events_of_a_silent_node_tell_how_it_stands(void **state)
{
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "400ms", "-grace", "100ms");
	struct sse s = events_follow(m, "?types=node", NULL);

	assert_true(sse_live(&s, EVENTS_SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	events_expect(&s, "node.registered", STANDS("online", "true"));
	events_expect(&s, "node.suspect", STANDS("online", "false"));
	events_expect(&s, "node.offline", STANDS("offline", "false"));
	beat(m, &s, NULL, "node.online", STANDS("online", "true"));
	sse_close(&s);
}

/* "0" is the beginning of what is kept, also where older events are gone. */
static void
a_client_may_start_from_zero(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);
	struct sse s = events_follow(m, "?since=0&types=node", NULL);
	struct sse_event e;

	assert_true(sse_live(&s, EVENTS_SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	events_expect(&s, "node.registered", "{\"node_id\":\"n1\"}");
	sse_close(&s);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n2\"}");
	s = events_follow(m, "?since=0&types=node", NULL);
	events_expect(&s, "node.registered", "{\"node_id\":\"n1\"}");
	events_expect(&s, "node.registered", "{\"node_id\":\"n2\"}");
	sse_close(&s);
	redis_do(c, "XTRIM muster:{default}:events MAXLEN 1");
	s = events_follow(m, "?types=node", "0");
	events_expect(&s, "node.registered", "{\"node_id\":\"n2\"}");
	assert_false(sse_next(&s, &e, NOTHING_MS));
	sse_close(&s);
	api_problem(m->port, 400, "invalid_field", "GET", EVENTS_PATH "?since=1", NULL);
}

static void
filters_pass_only_matching_events(void **state)
{
	struct musterd *m = start(*state);
	struct sse types, node, agent;
	struct sse_event e;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	types = events_follow(m, "?types=agent.released,node", NULL);
	node = events_follow(m, "?node_id=n1", NULL);
	agent = events_follow(m, "?agent_id=b&types=agent", NULL);
	assert_true(sse_live(&types, EVENTS_SOON_MS) && sse_live(&node, EVENTS_SOON_MS) &&
	    sse_live(&agent, EVENTS_SOON_MS));
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"b\"}");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n2\"}");
	api(m->port, 200, "DELETE", NODES "/n1", NULL);
	events_expect(&types, "agent.released", "{\"agent_id\":\"a\"}");
	events_expect(&types, "node.registered", "{\"node_id\":\"n2\"}");
	events_expect(&types, "node.left", "{\"node_id\":\"n1\"}");
	events_expect(&node, "agent.assigned", "{\"agent_id\":\"a\"}");
	events_expect(&node, "agent.assigned", "{\"agent_id\":\"b\"}");
	events_expect(&node, "agent.released", "{\"agent_id\":\"a\",\"previous_node_id\":\"n1\"}");
	events_expect(&node, "agent.moved", "{\"agent_id\":\"b\",\"previous_node_id\":\"n1\"}");
	events_expect(&node, "node.left", "{}");
	events_expect(&agent, "agent.assigned", "{\"agent_id\":\"b\"}");
	events_expect(&agent, "agent.moved", "{\"agent_id\":\"b\",\"node_id\":\"n2\"}");
	assert_false(sse_next(&agent, &e, NOTHING_MS));
	sse_close(&types);
	sse_close(&node);
	sse_close(&agent);
}

static void
malformed_queries_are_refused(void **state)
{
	struct musterd *m = start(*state);
	struct http_client c;
	struct http_response r;

	api_problem(m->port, 400, "invalid_field", "GET", EVENTS_PATH "?types=agents", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", EVENTS_PATH "?types=agent.", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", EVENTS_PATH "?types=agent,", NULL);
	api_problem(m->port, 400, "invalid_id", "GET", EVENTS_PATH "?node_id=*", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", EVENTS_PATH "?since=5", NULL);
	api_problem(m->port, 400, "invalid_field", "GET",
	    EVENTS_PATH "?since=18446744073709551616-0", NULL);
	api_problem(m->port, 405, "method_not_allowed", "POST", EVENTS_PATH, "{}");
	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	assert_true(http_client_send_str(&c, "HEAD " EVENTS_PATH " HTTP/1.1\r\nHost: t\r\n\r\n"));
	assert_true(http_client_read_head(&c, &r));
	assert_int_equal(r.status, 200);
	assert_string_equal(http_response_header(&r, "Content-Type"), "text/event-stream");
	http_response_fini(&r);
	http_client_close(&c);
}

int
main(void)
{
	const struct CMUnitTest events[] = {
		cluster_test(every_change_has_an_event_with_its_index),
		cluster_test(node_events_fold_to_the_list_of_nodes),
		cluster_test(events_of_a_silent_node_tell_how_it_stands),
		cluster_test(a_client_may_start_from_zero),
		cluster_test(filters_pass_only_matching_events),
		cluster_test(malformed_queries_are_refused),
	};

	return test_program(events);
}
