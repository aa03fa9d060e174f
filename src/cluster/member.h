/*
 * This process as a node of the cluster: it registers, sends heartbeats with the usage of the machine,
 * registers again when its record is gone, and leaves.
 */
#ifndef CLUSTER_MEMBER_H
#define CLUSTER_MEMBER_H

#include "cluster/identity.h"
#include "redis/connection.h"

struct member;

/* The first registration is sent by member_connected. All arguments are borrowed. Never NULL. */
struct member *member_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id);

/* Call this whenever the connection to Redis has become ready. */
void member_connected(struct member *m);

/*
 * Stops the heartbeats and removes the node from the cluster. `done(arg)` is called once, when that
 * has succeeded or failed.
 */
void member_leave(struct member *m, void (*done)(void *arg), void *arg);

/* Frees the member. Its connection must have been freed before. */
void member_free(struct member *m);

#endif
