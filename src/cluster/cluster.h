/*
 * The part that this process has in the cluster, as its options say: the settings that it brings, its
 * membership and its candidacy. A pure front-end is no member; a replica is no candidate.
 */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include "cluster/identity.h"
#include "redis/connection.h"

struct cluster;

/*
 * Starts the membership and the candidacy, which go on with cluster_connected. All arguments are
 * borrowed for the cluster's life. Never NULL.
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
