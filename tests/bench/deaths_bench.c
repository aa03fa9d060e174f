/*
 * How long it takes until the agents of a dead node have other nodes: fifty deaths among a hundred nodes. The
 * nodes use the REST API, and a dead one sends no more heartbeats. Time counts from its last heartbeat.
 */
#include "support/cluster.h"
#include "support/http_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

enum { N = 100, AGENTS = 1000, DEATHS = 50, TTL_MS = 900, GRACE_MS = 300, BOUND_MS = 1000 };

struct fleet {
	pthread_t thread;
	int port;
	atomic_int silent;   /* the number of the dead node; -1: none */
	atomic_long last[N]; /* the time of each node's last heartbeat, in ms */
	atomic_bool over, failed;
};

/* Sends the heartbeats of all nodes in turn: three for each node in a TTL. */
static void *
beat(void *arg)
{
	struct fleet *f = arg;
	struct timespec pause = { 0, TTL_MS / 3 * 1000000L / N };
	struct http_client c;
	struct http_response r;
	char path[64];
	int i;

	f->failed = !http_client_open(&c, "127.0.0.1", f->port);
	for (i = 0; !f->over && !f->failed; i = (i + 1) % N) {
		nanosleep(&pause, NULL);
		if (f->silent == i)
			continue;
		snprintf(path, sizeof(path), NODES "/n%d", i);
		f->failed = !http_client_call(&c, "POST", path, NULL, &r) || r.status != 200;
		f->last[i] = now_ms();
		http_response_fini(&r);
	}
	http_client_close(&c);
	return NULL;
}

struct death {
	int port, node;
};

/* True when no agent is on the dead node and none is pending. */
static bool
is_emptied(void *arg)
{
	struct death *d = arg;
	json_t *reply;

	return api_try(d->port, "GET", fmt("%s?node_id=n%d&limit=1", ASSIGNMENTS, d->node), NULL,
	           &reply) == 200 &&
	    json_integer_value(json_object_get(reply, "count")) == 0 &&
	    api_try(d->port, "GET", "/api/cluster/stats", NULL, &reply) == 200 &&
	    json_integer_value(json_find(reply, "agents.pending")) == 0;
}

static bool
is_back(void *arg)
{
	struct death *d = arg;
	json_t *node;

	return api_try(d->port, "GET", fmt("%s/n%d", NODES, d->node), NULL, &node) == 200 &&
	    strcmp(json_string_value(json_object_get(node, "status")), "online") == 0;
}

static int
compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
one_among_a_hundred(void **state)
{
	static struct fleet f = { .silent = -1 };
	struct musterd *m = musterd_start(*state, "-heartbeat-ttl", "900ms", "-grace", "300ms",
	    "-lease-ttl", "500ms", "-workers", "2");
	struct death d = { .port = m->port };
	int took[DEATHS], i;

	f.port = m->port;
	for (i = 0; i < N; i++)
		api(m->port, 201, "POST", NODES, fmt("{\"id\":\"n%d\",\"max_agents\":50}", i));
	assert_int_equal(pthread_create(&f.thread, NULL, beat, &f), 0);
	for (i = 0; i < AGENTS; i++)
		api(m->port, 201, "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"a%d\",\"strategy\":\"least_agents\"}", i));
	for (i = 0; i < DEATHS; i++) {
		d.node = i * 37 % N;
		f.silent = d.node;
		assert_true(poll_until(is_emptied, &d, 20 * 1000));
		took[i] = (int)(now_ms() - f.last[d.node]);
		f.silent = -1;
		assert_true(poll_until(is_back, &d, 20 * 1000));
		/* Gives the node an agent to lose: it has the fewest. */
		api(m->port, 201, "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"d%d\",\"strategy\":\"least_agents\"}", i));
	}
	f.over = true;
	pthread_join(f.thread, NULL);
	assert_false(f.failed);
	qsort(took, DEATHS, sizeof(took[0]), compare);
	printf("%d deaths among %d nodes with %d agents, from the last heartbeat to the last agent "
	       "placed: median %d ms, maximum %d ms, bound %d ms\n",
	    DEATHS, N, AGENTS, took[DEATHS / 2], took[DEATHS - 1], TTL_MS + GRACE_MS + BOUND_MS);
	assert_true(took[DEATHS - 1] <= TTL_MS + GRACE_MS + BOUND_MS);
}

int
main(void)
{
	const struct CMUnitTest deaths[] = { cluster_test(one_among_a_hundred) };

	return test_program(deaths);
}
