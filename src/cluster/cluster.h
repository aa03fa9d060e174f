/*
 * What this process does in the cluster, depending on its options: it sends the settings for a
 * new cluster, and is a member and a candidate for leader. A pure front-end is not a member; a
 * replica is not a candidate.
 */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include "cluster/identity.h"
#include "redis/connection.h"

struct cluster;

/*
 * Makes the membership and the candidacy, which start with cluster_connected. All arguments are
 * borrowed for the cluster's lifetime. Never NULL; free it with cluster_free.
 */
struct cluster *cluster_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id);

/* Call this whenever the connection to Redis has become ready. */
void cluster_connected(struct cluster *c);

/*
 * Gives up the lease and, unless -leave-on-exit=false, leaves the cluster. `done(arg)` is called once,
 * when each of the two has succeeded or failed.
 */
void cluster_leave(struct cluster *c, void (*done)(void *arg), void *arg);

/* Frees the cluster. Its connection must have been freed before. */
void cluster_free(struct cluster *c);

#endif
