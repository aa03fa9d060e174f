/*
 * This process as a node of the cluster: registers itself, sends heartbeats with the machine's
 * figures, registers again when its record is gone, and leaves.
 */
#ifndef CLUSTER_MEMBER_H
#define CLUSTER_MEMBER_H

#include "cluster/identity.h"
#include "redis/connection.h"

struct member;

/*
 * Starts as a member; the first registration goes out with member_connected. All arguments are
 * borrowed for the member's life. Never NULL.
 */
struct member *member_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id);

/* To be called whenever the connection to Redis has become ready. */
void member_connected(struct member *m);

/*
 * Stops the heartbeats and takes the node out of the cluster. `done(arg)` is called once, when
 * that has succeeded or failed.
 */
void member_leave(struct member *m, void (*done)(void *arg), void *arg);

/* Frees the member, whose connection must have been freed before. */
void member_free(struct member *m);

#endif
