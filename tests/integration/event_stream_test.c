/* The event stream: from which point on it goes on, and what happens to slow readers and at its end. */
#include "support/cluster.h"
#include "support/event_stream.h"
#include "support/follower.h"

#include <stdio.h>
#include <sys/socket.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

enum { NOTHING_MS = 300 };

/* A front-end that changes nothing by itself. */
static struct musterd *
start(struct cluster *c)
{
	return musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");
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
	struct sse s = events_follow(m, "?types=agent", NULL);
	json_t *copy = json_object(), *list;
	struct sse_event e;
	char id[64];
	int i;

	assert_true(sse_live(&s, EVENTS_SOON_MS));
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
		s = i % 2 == 0 ? events_follow(m, "?types=agent", id)
		               : events_follow(m, fmt("?types=agent&since=%s", id), NULL);
	}
	list = follower_listing(m->port);
	while (!json_equal(copy, list) && sse_next(&s, &e, EVENTS_SOON_MS)) {
		assert_string_not_equal(e.type, "resync");
		follower_fold(copy, &e);
	}
	assert_false(sse_next(&s, &e, NOTHING_MS));
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
	s = events_follow(m, "?since=0-0", NULL);
	for (i = 0; i < 6; i++)
		events_expect(&s, "node.registered", "{}");
	sse_close(&s);
	redis_do(c, "XTRIM muster:{default}:events MAXLEN 2");
	s = events_follow(m, "", first);
	events_expect(&s, "resync", "{\"reason\":\"too_old\"}");
	sse_close(&s);
	s = events_follow(m, "?since=0-0", NULL);
	events_expect(&s, "resync", "{\"reason\":\"too_old\"}");
	sse_close(&s);
	s = events_follow(m, "?since=9999999999999-0", NULL);
	events_expect(&s, "resync", "{\"reason\":\"unknown\"}");
	/* After that, the stream continues. */
	assert_true(sse_live(&s, EVENTS_SOON_MS));
	api(m->port, 200, "POST", NODES, "{\"id\":\"n1\"}");
	events_expect(&s, "node.registered", "{}");
	sse_close(&s);
	s = events_follow(m, "", "99999999999999999999999-0");
	events_expect(&s, "resync", "{\"reason\":\"unknown\"}");
	sse_close(&s);
	s = events_follow(m, "", "not-an-id");
	events_expect(&s, "resync", "{\"reason\":\"unknown\"}");
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
	s = events_follow(m, "", NULL);
	assert_true(sse_live(&s, EVENTS_SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	events_expect(&s, "node.registered", "{}");
	redis_end(c);
	redis_start(c);
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	api(m->port, 200, "POST", NODES, "{\"id\":\"n1\"}");
	events_expect(&s, "node.registered", "{}");
	redis_do(c, "FLUSHALL");
	redis_do(c, "CLIENT KILL TYPE normal SKIPME yes");
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	events_expect(&s, "resync", "{}");
	assert_true(sse_live(&s, EVENTS_SOON_MS));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	events_expect(&s, "node.registered", "{}");
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
	s = events_follow(m, "", NULL);
	assert_true(sse_live(&s, EVENTS_SOON_MS));
	redis_start_slowly(c, m);
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	api(m->port, 200, "POST", NODES, "{\"id\":\"n1\",\"max_agents\":1000}");
	events_expect(&s, "node.registered", "{\"node_id\":\"n1\"}");
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
	struct sse s = events_follow(p.m, "", NULL);
	char bulk[601];
	struct sse_event e;
	int i, events = 0;

	assert_true(sse_live(&s, EVENTS_SOON_MS));
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
	while (sse_next(&s, &e, EVENTS_SOON_MS))
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
	s = events_follow(m, "", first);
	/* It does not read while much more is sent than a backlog can hold. */
	assert_false(poll_until(never, NULL, 1000));
	for (i = 0; i < ROUNDS * PER_ROUND; i++) {
		assert_true(sse_next(&s, &e, EVENTS_SOON_MS));
		assert_string_equal(e.type, "node.online");
	}
	assert_true(sse_live(&s, EVENTS_SOON_MS));
	sse_close(&s);
}

static void
a_shutdown_ends_the_streams(void **state)
{
	struct musterd *m = start(*state);
	struct sse s = events_follow(m, "", NULL);
	struct sse_event e;

	assert_true(sse_live(&s, EVENTS_SOON_MS));
	assert_int_equal(musterd_end(m), 0);
	assert_false(sse_next(&s, &e, EVENTS_SOON_MS));
	assert_int_equal(recv(s.fd, e.data, 1, 0), 0);
	sse_close(&s);
}

int
main(void)
{
	const struct CMUnitTest event_stream[] = {
		cluster_test(a_client_that_reconnects_keeps_an_exact_copy),
		cluster_test(an_unknown_id_gets_a_resync),
		cluster_test(only_a_redis_that_lost_events_causes_a_resync),
		cluster_test(a_reader_that_stops_reading_is_disconnected_with_a_reason),
		cluster_test(a_loading_redis_does_not_end_the_stream),
		cluster_test(a_slow_reader_far_behind_gets_all_events),
		cluster_test(a_shutdown_ends_the_streams),
	};

	return test_program(event_stream);
}
