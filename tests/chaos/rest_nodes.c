/* REST nodes. Invariant: while a front-end serves it, a node sends a heartbeat at least every
 * INTERVAL_MS. */
#include "chaos/rest_nodes.h"

#include "chaos/wants.h"
#include "support/api.h"
#include "support/http_client.h"
#include "support/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	BEAT_TIMEOUT_MS = 400,
	AGAIN_ONE_IN = 8,
	REST_CLIENT = 1000 /* client numbers in the history start here */
};

/* Sends a request and parses the reply, which names the leader. Returns the status, 0 for none. */
static int
send_one(int port, const char *path, const char *body, json_t **reply)
{
	struct http_client c;
	struct http_response r = { 0 };
	int status = 0;

	if (http_client_open(&c, "127.0.0.1", port)) {
		c.timeout_ms = BEAT_TIMEOUT_MS;
		if (http_client_call(&c, "POST", path, body, &r))
			status = r.status;
	}
	*reply = status != 0 ? json_loadb(r.body, r.body_len, 0, NULL) : NULL;
	http_response_fini(&r);
	http_client_close(&c);
	return status;
}

static int
beat(struct rest_node *n, int port)
{
	size_t number = history_call(n->history, REST_CLIENT + n->number, OP_LEADER, "", 0);
	const char *body = fmt("{\"cpu_usage\":%d,\"memory_usage\":%d}",
	    rng_between(&n->rng, 0, 100), rng_between(&n->rng, 0, 100));
	json_t *reply;
	int status = send_one(port, fmt("/api/cluster/nodes/%s", n->id), body, &reply);
	const char *leader = json_string_value(json_object_get(reply, "leader_id"));

	if (status == 200 && leader != NULL)
		history_return(n->history, number, OUT_ASSIGNED, leader,
		    json_integer_value(json_object_get(reply, "term")));
	else
		history_return(n->history, number, OUT_NONE, "", 0);
	json_decref(reply);
	return status;
}

static int
register_node(struct rest_node *n, int port)
{
	json_t *reply;
	int status = send_one(port, "/api/cluster/nodes",
	    fmt("{\"id\":\"%s\",\"role\":\"%s\",\"max_agents\":%d,\"weight\":%d,\"services\":[%s]%s}",
	        n->id, n->number == REST_REPLICA ? "replica" : "worker",
	        MAX_AGENTS + rng_between(&n->rng, 0, 3), rng_between(&n->rng, 0, 9),
	        n->number % 2 == 0 ? "\"gpu\"" : "", offers_json(n->id)),
	    &reply);

	json_decref(reply);
	return status;
}

static void *
run(void *arg)
{
	const struct timespec pause = { 0, INTERVAL_MS * 500000L };
	struct rest_node *n = arg;
	int at = n->number, tries, status;

	while (!atomic_load(&n->stop)) {
		for (tries = 0; tries < DAEMONS && !atomic_load(&n->silent); tries++, at++) {
			int port = n->fleet->daemon[at % DAEMONS].port;

			status = beat(n, port);
			if (status == 404 ||
			    (status == 200 && rng_between(&n->rng, 1, AGAIN_ONE_IN) == 1))
				status = register_node(n, port);
			if (status == 200 || status == 201)
				break;
		}
		nanosleep(&pause, NULL);
	}
	api_reset();
	return NULL;
}

void
rest_nodes_start(struct rest_node *nodes, struct fleet *fl, struct history *h, uint64_t seed)
{
	int i;

	for (i = 0; i < REST_NODES; i++) {
		struct rest_node *n = &nodes[i];

		*n = (struct rest_node){ .fleet = fl, .history = h, .number = i };
		n->rng.state = seed * 977 + (uint64_t)i;
		snprintf(n->id, sizeof(n->id), "r%d", i);
		if (pthread_create(&n->thread, NULL, run, n) != 0)
			abort();
	}
}

void
rest_nodes_stop(struct rest_node *nodes)
{
	int i;

	for (i = 0; i < REST_NODES; i++)
		atomic_store(&nodes[i].stop, true);
	for (i = 0; i < REST_NODES; i++)
		pthread_join(nodes[i].thread, NULL);
}
