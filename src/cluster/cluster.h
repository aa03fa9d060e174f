/*
 * This process' part in the cluster: the settings it brings, its membership and its candidacy,
 * as the options say. A pure front-end is no member; a replica is no candidate.
 */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include "cluster/identity.h"
#include "redis/connection.h"

struct cluster;

/* All arguments are borrowed for the cluster's life. Never NULL. */
struct cluster *cluster_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id);

/* To be called whenever the connection to Redis has become ready. */
void cluster_connected(struct cluster *c);

/*
 * Steps down and leaves the cluster (the latter unless -leave-on-exit=false). `done(arg)` is
 * called once, when both have succeeded or failed.
 */
void cluster_leave(struct cluster *c, void (*done)(void *arg), void *arg);

/* Frees the cluster, whose connection must have been freed before. */
void cluster_free(struct cluster *c);

#endif
