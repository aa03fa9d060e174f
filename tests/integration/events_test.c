/* The event stream: which events it sends, to whom, from which point on, and what happens to slow
 * readers. */
#include "support/cluster.h"
#include "support/follower.h"
#include "support/http_client.h"
#include "support/sse.h"

#include <stdio.h>
#include <sys/socket.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define EVENTS      "/api/cluster/events"

enum { SOON_MS = 5000, NOTHING_MS = 300 };

/* A front-end that changes nothing by itself. */
static struct musterd *
start(struct cluster *c)
{
	return musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");
}

static struct sse
follow(struct musterd *m, const char *query, const char *from)
{
	struct sse s;

	assert_true(sse_open(&s, m->port, fmt("%s%s", EVENTS, query), from));
	assert_int_equal(s.status, 200);
	return s;
}

/* The next event must have this type and these members. */
static void
expect_at(const char *file, int line, struct sse *s, const char *type, const char *members)
{
	struct sse_event e;
	json_t *data, *wanted, *value;
	const char *key;

	if (!sse_next(s, &e, SOON_MS)) {
		print_error("no event comes; %s was expected\n", type);
		_fail(file, line);
	}
	data = json_loads(e.data, 0, NULL);
	wanted = json_loads(members, 0, NULL);
	json_object_foreach(wanted, key, value)
	{
		if (!json_equal(json_object_get(data, key), value)) {
			print_error("%s: %s is not as in %s\n", e.data, key, members);
			_fail(file, line);
		}
	}
	if (strcmp(e.type, type) != 0) {
		print_error("%s %s came; %s was expected\n", e.type, e.data, type);
		_fail(file, line);
	}
	json_decref(data);
	json_decref(wanted);
}

#define expect(s, type, members) expect_at(__FILE__, __LINE__, s, type, members)

static void
every_change_has_an_event_with_its_index(void **state)
{
	struct musterd *m = start(*state);
	struct sse s = follow(m, "", NULL);
	struct sse_event e;
	json_t *a;

	assert_true(sse_live(&s, SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	assert_true(sse_next(&s, &e, SOON_MS));
	assert_string_equal(e.type, "node.registered");
	assert_string_equal(e.id, api_header("X-Cluster-Index"));
	a = api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	expect(&s, "agent.assigned",
	    fmt("{\"agent_id\":\"a\",\"node_id\":\"n1\",\"previous_node_id\":null,"
	        "\"epoch\":%lld,\"reason\":\"requested\"}",
	        get_int(a, "epoch")));
	api(m->port, 200, "POST", NODES "/n1", "{\"status\":\"draining\"}");
	expect(&s, "node.draining", "{\"node_id\":\"n1\"}");
	api(m->port, 200, "POST", NODES "/n1", "{\"status\":\"online\"}");
	expect(&s, "node.online", "{\"node_id\":\"n1\"}");
	api(m->port, 200, "POST", NODES "/n1", "{\"healthy\":false}");
	expect(&s, "node.suspect", "{\"node_id\":\"n1\"}");
	api(m->port, 200, "DELETE", NODES "/n1", NULL);
	expect(&s, "agent.pending",
	    "{\"agent_id\":\"a\",\"node_id\":null,\"previous_node_id\":\"n1\","
	    "\"reason\":\"node_left\"}");
	expect(&s, "node.left", "{\"node_id\":\"n1\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"n2\"}");
	expect(&s, "node.registered", "{\"node_id\":\"n2\"}");
	expect(&s, "agent.moved", "{\"agent_id\":\"a\",\"node_id\":\"n2\"}");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
	expect(&s, "agent.released", "{\"agent_id\":\"a\",\"node_id\":null}");
	api(m->port, 200, "POST", "/api/cluster/balance", "{\"strategy\":\"weighted\"}");
	expect(&s, "strategy.changed", "{\"strategy\":\"weighted\",\"previous\":\"least_loaded\"}");
	api(m->port, 200, "POST", "/api/cluster/hold", "{\"action\":\"enter\"}");
	expect(&s, "hold.entered", "{\"why\":\"operator\"}");
	api(m->port, 200, "POST", "/api/cluster/hold", "{\"action\":\"release\"}");
	expect(&s, "hold.left", "{\"why\":\"released\"}");
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
	expect(s, type, stands);
	json_decref(wanted);
}

static void
node_events_fold_to_the_list_of_nodes(void **state)
{
	struct musterd *m = start(*state);
	struct sse s = follow(m, "", NULL);

	assert_true(sse_live(&s, SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	expect(&s, "node.registered", STANDS("online", "true"));
	beat(m, &s, "{\"status\":\"draining\"}", "node.draining", STANDS("draining", "true"));
	beat(m, &s, "{\"healthy\":false}", "node.suspect", STANDS("draining", "false"));
	beat(m, &s, "{\"status\":\"online\"}", "node.suspect", STANDS("online", "false"));
	beat(m, &s, "{\"healthy\":true}", "node.online", STANDS("online", "true"));
	beat(m, &s, "{\"status\":\"draining\",\"healthy\":false}", "node.draining",
	    STANDS("draining", "false"));
	/* A new process is well, and drains on. */
	api(m->port, 200, "POST", NODES, "{\"id\":\"n\"}");
	expect(&s, "node.registered", STANDS("draining", "true"));
	api(m->port, 200, "DELETE", NODES "/n", NULL);
	expect(&s, "node.left", STANDS("offline", "false"));
	sse_close(&s);
}

static void
events_of_a_silent_node_tell_how_it_stands(void **state)
{
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "400ms", "-grace", "100ms");
	struct sse s = follow(m, "?types=node", NULL);

	assert_true(sse_live(&s, SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	expect(&s, "node.registered", STANDS("online", "true"));
	expect(&s, "node.suspect", STANDS("online", "false"));
	expect(&s, "node.offline", STANDS("offline", "false"));
	beat(m, &s, NULL, "node.online", STANDS("online", "true"));
	sse_close(&s);
}

/* "0" is the beginning of what is kept, also where older events are gone. */
static void
a_client_may_start_from_zero(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);
	struct sse s = follow(m, "?since=0&types=node", NULL);
	struct sse_event e;

	assert_true(sse_live(&s, SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	expect(&s, "node.registered", "{\"node_id\":\"n1\"}");
	sse_close(&s);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n2\"}");
	s = follow(m, "?since=0&types=node", NULL);
	expect(&s, "node.registered", "{\"node_id\":\"n1\"}");
	expect(&s, "node.registered", "{\"node_id\":\"n2\"}");
	sse_close(&s);
	redis_do(c, "XTRIM muster:{default}:events MAXLEN 1");
	s = follow(m, "?types=node", "0");
	expect(&s, "node.registered", "{\"node_id\":\"n2\"}");
	assert_false(sse_next(&s, &e, NOTHING_MS));
	sse_close(&s);
	api_problem(m->port, 400, "invalid_field", "GET", EVENTS "?since=1", NULL);
}

static void
filters_pass_only_matching_events(void **state)
{
	struct musterd *m = start(*state);
	struct sse types, node, agent;
	struct sse_event e;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	types = follow(m, "?types=agent.released,node", NULL);
	node = follow(m, "?node_id=n1", NULL);
	agent = follow(m, "?agent_id=b&types=agent", NULL);
	assert_true(
	    sse_live(&types, SOON_MS) && sse_live(&node, SOON_MS) && sse_live(&agent, SOON_MS));
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"b\"}");
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
	api(m->port, 201, "POST", NODES, "{\"id\":\"n2\"}");
	api(m->port, 200, "DELETE", NODES "/n1", NULL);
	expect(&types, "agent.released", "{\"agent_id\":\"a\"}");
	expect(&types, "node.registered", "{\"node_id\":\"n2\"}");
	expect(&types, "node.left", "{\"node_id\":\"n1\"}");
	expect(&node, "agent.assigned", "{\"agent_id\":\"a\"}");
	expect(&node, "agent.assigned", "{\"agent_id\":\"b\"}");
	expect(&node, "agent.released", "{\"agent_id\":\"a\",\"previous_node_id\":\"n1\"}");
	expect(&node, "agent.moved", "{\"agent_id\":\"b\",\"previous_node_id\":\"n1\"}");
	expect(&node, "node.left", "{}");
	expect(&agent, "agent.assigned", "{\"agent_id\":\"b\"}");
	expect(&agent, "agent.moved", "{\"agent_id\":\"b\",\"node_id\":\"n2\"}");
	assert_false(sse_next(&agent, &e, NOTHING_MS));
	sse_close(&types);
	sse_close(&node);
	sse_close(&agent);
}

/* Assigns and releases agents, and makes nodes leave and return. */
static void
change(struct musterd *m, int i)
{
	if (i % 50 == 49) {
		api(m->port, 200, "DELETE", fmt("%s/n%d", NODES, i / 50 % 3), NULL);
		api(m->port, 201, "POST", NODES,
		    fmt("{\"id\":\"n%d\",\"max_agents\":400}", i / 50 % 3));
	} else if (i % 3 == 2) {
		api_try(m->port, "DELETE", fmt("%s/a%d", ASSIGNMENTS, i / 2), NULL, NULL);
	} else {
		api_try(m->port, "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"a%d\",\"queue\":true}", i), NULL);
	}
}

static void
a_client_that_reconnects_keeps_an_exact_copy(void **state)
{
	enum { CHANGES = 1000, RECONNECTS = 20 };
	struct musterd *m = start(*state);
	struct sse s = follow(m, "?types=agent", NULL);
	json_t *copy = json_object(), *list;
	struct sse_event e;
	char id[64];
	int i;

	assert_true(sse_live(&s, SOON_MS));
	for (i = 0; i < 3; i++)
		api(m->port, 201, "POST", NODES, fmt("{\"id\":\"n%d\",\"max_agents\":400}", i));
	for (i = 0; i < CHANGES; i++) {
		change(m, i);
		if (i % (CHANGES / RECONNECTS) != 0)
			continue;
		/* Disconnects in the middle of the events, and continues from there. */
		if (sse_next(&s, &e, NOTHING_MS))
			follower_fold(copy, &e);
		snprintf(id, sizeof(id), "%s", s.id);
		sse_close(&s);
		s = i % 2 == 0 ? follow(m, "?types=agent", id)
		               : follow(m, fmt("?types=agent&since=%s", id), NULL);
	}
	while (sse_next(&s, &e, 2 * NOTHING_MS)) {
		assert_string_not_equal(e.type, "resync");
		follower_fold(copy, &e);
	}
	list = follower_listing(m->port);
	assert_true(json_object_size(list) > CHANGES / 4);
	assert_true(json_equal(copy, list));
	json_decref(copy);
	json_decref(list);
	sse_close(&s);
}

static void
an_unknown_id_gets_a_resync(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);
	struct sse s;
	char first[64];
	int i;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	snprintf(first, sizeof(first), "%s", api_header("X-Cluster-Index"));
	for (i = 0; i < 5; i++)
		api(m->port, 200, "POST", NODES, "{\"id\":\"n1\"}");
	/* Reads all events: nothing was trimmed yet. */
	s = follow(m, "?since=0-0", NULL);
	for (i = 0; i < 6; i++)
		expect(&s, "node.registered", "{}");
	sse_close(&s);
	redis_do(c, "XTRIM muster:{default}:events MAXLEN 2");
	s = follow(m, "", first);
	expect(&s, "resync", "{\"reason\":\"too_old\"}");
	sse_close(&s);
	s = follow(m, "?since=0-0", NULL);
	expect(&s, "resync", "{\"reason\":\"too_old\"}");
	sse_close(&s);
	s = follow(m, "?since=9999999999999-0", NULL);
	expect(&s, "resync", "{\"reason\":\"unknown\"}");
	/* After that, the stream continues. */
	assert_true(sse_live(&s, SOON_MS));
	api(m->port, 200, "POST", NODES, "{\"id\":\"n1\"}");
	expect(&s, "node.registered", "{}");
	sse_close(&s);
	s = follow(m, "", "99999999999999999999999-0");
	expect(&s, "resync", "{\"reason\":\"unknown\"}");
	sse_close(&s);
	s = follow(m, "", "not-an-id");
	expect(&s, "resync", "{\"reason\":\"unknown\"}");
	sse_close(&s);
}

static void
only_a_redis_that_lost_events_causes_a_resync(void **state)
{
	struct cluster *c = *state;
	struct musterd *m;
	struct sse s;

	redis_end(c);
	c->appendonly = true;
	redis_start(c);
	m = start(c);
	s = follow(m, "", NULL);
	assert_true(sse_live(&s, SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	expect(&s, "node.registered", "{}");
	redis_end(c);
	redis_start(c);
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	api(m->port, 200, "POST", NODES, "{\"id\":\"n1\"}");
	expect(&s, "node.registered", "{}");
	redis_do(c, "FLUSHALL");
	redis_do(c, "CLIENT KILL TYPE normal SKIPME yes");
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	expect(&s, "resync", "{}");
	assert_true(sse_live(&s, SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	expect(&s, "node.registered", "{}");
	sse_close(&s);
}

static void
a_loading_redis_does_not_end_the_stream(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);
	struct sse s;
	int i;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\",\"max_agents\":1000}");
	for (i = 0; i < 150; i++)
		api(m->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"}", i));
	s = follow(m, "", NULL);
	assert_true(sse_live(&s, SOON_MS));
	redis_start_slowly(c, m);
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	api(m->port, 200, "POST", NODES, "{\"id\":\"n1\",\"max_agents\":1000}");
	expect(&s, "node.registered", "{\"node_id\":\"n1\"}");
	sse_close(&s);
}

struct position {
	struct musterd *m;
	char last[64]; /* the last id of the stream */
};

/* True if the front-end has sent the last event. */
static bool
is_handed_out(void *arg)
{
	struct position *p = arg;

	api(p->m->port, 200, "GET", "/api/cluster/stats?index=0", NULL);
	return strcmp(api_header("X-Cluster-Index"), p->last) == 0;
}

static void
a_reader_that_stops_reading_is_disconnected_with_a_reason(void **state)
{
	enum { ROUNDS = 30, PER_ROUND = 1000 };
	struct cluster *c = *state;
	struct position p = { .m = start(c) };
	struct sse s = follow(p.m, "", NULL);
	char bulk[601];
	struct sse_event e;
	int i, events = 0;

	assert_true(sse_live(&s, SOON_MS));
	memset(bulk, 'x', sizeof(bulk) - 1);
	bulk[sizeof(bulk) - 1] = '\0';
	/* Much more than the sockets' buffers and the backlog can hold. */
	for (i = 0; i < ROUNDS; i++)
		redis_do(c,
		    fmt("EVAL for\ni=1,%d\ndo\nredis.call('XADD',KEYS[1],'*','type','node.online',"
		        "'node_id',ARGV[1])\nend 1 muster:{default}:events %s",
		        PER_ROUND, bulk));
	snprintf(p.last, sizeof(p.last), "%s",
	    redis_do(c,
	        "EVAL return\nredis.call('XREVRANGE',KEYS[1],'+','-','COUNT',1)[1][1] 1 "
	        "muster:{default}:events"));
	assert_true(poll_until(is_handed_out, &p, API_WAIT_MS));
	e.type[0] = '\0';
	while (sse_next(&s, &e, SOON_MS))
		events++;
	assert_string_equal(e.type, "resync");
	assert_non_null(strstr(e.data, "slow"));
	assert_in_range(events, 100, ROUNDS * PER_ROUND - 1);
	sse_close(&s);
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

static void
a_slow_reader_far_behind_gets_all_events(void **state)
{
	enum { ROUNDS = 20, PER_ROUND = 1000 };
	struct cluster *c = *state;
	struct musterd *m = start(c);
	char bulk[601], first[64];
	struct sse s;
	struct sse_event e;
	int i;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	snprintf(first, sizeof(first), "%s", api_header("X-Cluster-Index"));
	memset(bulk, 'x', sizeof(bulk) - 1);
	bulk[sizeof(bulk) - 1] = '\0';
	for (i = 0; i < ROUNDS; i++)
		redis_do(c,
		    fmt("EVAL for\ni=1,%d\ndo\nredis.call('XADD',KEYS[1],'*','type','node.online',"
		        "'node_id',ARGV[1])\nend 1 muster:{default}:events %s",
		        PER_ROUND, bulk));
	s = follow(m, "", first);
	/* It does not read while much more is sent than a backlog can hold. */
	assert_false(poll_until(never, NULL, 1000));
	for (i = 0; i < ROUNDS * PER_ROUND; i++) {
		assert_true(sse_next(&s, &e, SOON_MS));
		assert_string_equal(e.type, "node.online");
	}
	assert_true(sse_live(&s, SOON_MS));
	sse_close(&s);
}

static void
a_shutdown_ends_the_streams(void **state)
{
	struct musterd *m = start(*state);
	struct sse s = follow(m, "", NULL);
	struct sse_event e;

	assert_true(sse_live(&s, SOON_MS));
	assert_int_equal(musterd_end(m), 0);
	assert_false(sse_next(&s, &e, SOON_MS));
	assert_int_equal(recv(s.fd, e.data, 1, 0), 0);
	sse_close(&s);
}

static void
malformed_queries_are_refused(void **state)
{
	struct musterd *m = start(*state);
	struct http_client c;
	struct http_response r;

	api_problem(m->port, 400, "invalid_field", "GET", EVENTS "?types=agents", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", EVENTS "?types=agent.", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", EVENTS "?types=agent,", NULL);
	api_problem(m->port, 400, "invalid_id", "GET", EVENTS "?node_id=*", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", EVENTS "?since=5", NULL);
	api_problem(
	    m->port, 400, "invalid_field", "GET", EVENTS "?since=18446744073709551616-0", NULL);
	api_problem(m->port, 405, "method_not_allowed", "POST", EVENTS, "{}");
	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	assert_true(http_client_send_str(&c, "HEAD " EVENTS " HTTP/1.1\r\nHost: t\r\n\r\n"));
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
		cluster_test(a_client_that_reconnects_keeps_an_exact_copy),
		cluster_test(an_unknown_id_gets_a_resync),
		cluster_test(only_a_redis_that_lost_events_causes_a_resync),
		cluster_test(a_reader_that_stops_reading_is_disconnected_with_a_reason),
		cluster_test(a_loading_redis_does_not_end_the_stream),
		cluster_test(a_slow_reader_far_behind_gets_all_events),
		cluster_test(a_shutdown_ends_the_streams),
		cluster_test(malformed_queries_are_refused),
	};

	return test_program(events);
}
