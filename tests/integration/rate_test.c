/* With many nodes, heartbeats are sent less often, and no node goes missing because of that. */
#include "support/cluster.h"

#include <stdio.h>

#define NODES "/api/cluster/nodes"

/* Five heartbeats per second: each of three nodes sends one every 600 ms. All other times are six
 * times as long as well. */
#define RATED                                                                         \
	"-heartbeat-interval", "100ms", "-heartbeat-ttl", "300ms", "-grace", "100ms", \
	    "-heartbeat-rate", "5"

enum { RATED_MS = 600, STRETCHED = 6 };

struct beats {
	struct cluster *c;
	char id[8];
	long long seen;
};

static bool
has_beaten(void *arg)
{
	struct beats *b = arg;
	const char *report = redis_do(b->c, fmt("HGET muster:{default}:node:%s report", b->id));
	long long last = 0;
	bool changed;

	assert_int_equal(sscanf(report, "%*s %*s %*s %*s %lld", &last), 1);
	changed = last != b->seen;

	b->seen = last;
	return changed;
}

/* The time between two heartbeats of the node, by Redis' clock. On a busy machine it may be
 * longer. */
static long long
interval_of(struct cluster *c, const char *id)
{
	struct beats b = { .c = c };
	long long first;

	snprintf(b.id, sizeof(b.id), "%s", id); /* `id` may be in one of fmt's few buffers */
	has_beaten(&b);
	assert_true(poll_until(has_beaten, &b, API_WAIT_MS));
	first = b.seen;
	assert_true(poll_until(has_beaten, &b, API_WAIT_MS));
	return b.seen - first;
}

static bool
is_brisk(void *arg)
{
	struct beats *b = arg;

	return interval_of(b->c, b->id) < RATED_MS / 2;
}

static bool
was_suspect(struct cluster *c, const char *id)
{
	char event[64]; /* a reply with many parts uses all of fmt's buffers */

	snprintf(event, sizeof(event), "node.suspect node_id %s", id);
	return strstr(redis_do(c, "XRANGE muster:{default}:events - +"), event) != NULL;
}

/* Members, of which the last one is killed. */
static void
the_heartbeat_interval_follows_the_number_of_members(void **state)
{
	struct cluster *c = *state;
	struct musterd *m[3];
	int i;

	for (i = 0; i < 3; i++)
		m[i] = musterd_start(c, "-cluster", fmt("n%d", i), RATED);
	for (i = 0; i < 3; i++) {
		wait_json(m[i]->port, fmt("%s/n%d", NODES, i), "heartbeat_ttl_ms",
		    fmt("%d", STRETCHED * 300), API_WAIT_MS);
		assert_true(interval_of(c, fmt("n%d", i)) >= RATED_MS - 50);
		check_json(
		    api(m[0]->port, 200, "GET", fmt("%s/n%d", NODES, i), NULL), "healthy", "true");
	}
	musterd_kill(m[2]);
	wait_json(m[0]->port, NODES "/n2", "status", "\"offline\"",
	    STRETCHED * (300 + 100) + 1000 + API_WAIT_MS);
	/* Nodes that followed the interval were never missing. */
	for (i = 0; i < 2; i++) {
		check_json(
		    api(m[0]->port, 200, "GET", fmt("%s/n%d", NODES, i), NULL), "incarnation", "1");
		assert_false(was_suspect(c, fmt("n%d", i)));
	}
	assert_true(was_suspect(c, "n2"));
}

/* By the old interval, the next heartbeat would come long after the last one has expired. */
static void
a_member_told_of_a_shorter_ttl_sends_a_heartbeat_sooner(void **state)
{
	struct musterd *m = musterd_start(*state, "-cluster", "n0", RATED);
	struct beats b = { .c = *state, .id = "n0" };
	int i;

	for (i = 1; i < 10; i++)
		api(m->port, 201, "POST", NODES, fmt("{\"id\":\"n%d\"}", i));
	wait_json(m->port, NODES "/n0", "heartbeat_ttl_ms", "6000", API_WAIT_MS);
	for (i = 1; i < 10; i++)
		api(m->port, 200, "DELETE", fmt("%s/n%d", NODES, i), NULL);
	wait_json(m->port, NODES "/n0", "heartbeat_ttl_ms", "600", API_WAIT_MS);
	assert_true(poll_until(is_brisk, &b, API_WAIT_MS));
	assert_false(was_suspect(*state, "n0"));
}

/* A node that registers is told a TTL that suits the interval until its first heartbeat. */
static void
the_api_returns_the_longer_interval_and_ttl(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica", RATED);
	json_t *beat;
	int i;

	for (i = 0; i < 5; i++)
		api(m->port, 201, "POST", NODES, fmt("{\"id\":\"n%d\"}", i));
	check_json(api(m->port, 200, "POST", NODES, "{\"id\":\"n4\"}"), "heartbeat_ttl_ms", "3000");
	beat = api(m->port, 200, "POST", NODES "/n1", NULL);
	check_json(beat, "heartbeat_interval_ms", "1000");
	check_json(beat, "heartbeat_ttl_ms", "3000");
	check_json(beat, "node.heartbeat_ttl_ms", "3000");
	for (i = 1; i < 5; i++)
		api(m->port, 200, "DELETE", fmt("%s/n%d", NODES, i), NULL);
	beat = api(m->port, 200, "POST", NODES "/n0", NULL);
	check_json(beat, "heartbeat_interval_ms", "200");
	check_json(beat, "heartbeat_ttl_ms", "600");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cluster_test(the_heartbeat_interval_follows_the_number_of_members),
		cluster_test(a_member_told_of_a_shorter_ttl_sends_a_heartbeat_sooner),
		cluster_test(the_api_returns_the_longer_interval_and_ttl),
	};

	return test_program(tests);
}
