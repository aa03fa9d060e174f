/*
 * Nodes that only use the REST API. Each has a thread that registers it and sends its heartbeats to
 * any front-end that answers. Now and then it registers again, with another weight and other places.
 * The last one is a replica, which must get no agents whatever it reports. The leaders that the replies name are recorded in the history.
 */
#ifndef CHAOS_REST_NODES_H
#define CHAOS_REST_NODES_H

#include "chaos/fleet.h"
#include "chaos/history.h"
#include "support/rng.h"

#include <pthread.h>
#include <stdatomic.h>

enum { REST_NODES = 5, REST_REPLICA = REST_NODES - 1 };

struct rest_node {
	pthread_t thread;
	char id[HISTORY_ID_MAX];
	atomic_bool silent; /* sends nothing, like a dead node */
	atomic_bool stop;
	struct fleet *fleet;
	struct history *history;
	int number;
	struct rng rng;
};

/* Starts the threads of nodes[0] to nodes[REST_NODES - 1]. */
void rest_nodes_start(struct rest_node *nodes, struct fleet *fl, struct history *h, uint64_t seed);
void rest_nodes_stop(struct rest_node *nodes);

#endif
