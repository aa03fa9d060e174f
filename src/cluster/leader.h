/*
 * This process as a candidate: campaigns for the leader's lease, keeps it, and while it holds
 * it does the leader's duties (cluster/housekeeping.h). What a leader writes is checked against the
 * lease by Redis itself; this part only takes care not to try in vain.
 */
#ifndef CLUSTER_LEADER_H
#define CLUSTER_LEADER_H

#include "cluster/identity.h"
#include "redis/connection.h"

struct leader;

/* Starts to campaign. All arguments are borrowed for the leader's life. Never NULL. */
struct leader *leader_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id);

/* To be called whenever the connection to Redis has become ready. */
void leader_connected(struct leader *l);

/*
 * Ends the candidacy and gives the lease back. `done(arg)` is called once, when that has
 * succeeded or failed.
 */
void leader_resign(struct leader *l, void (*done)(void *arg), void *arg);

/* Frees the leader, whose connection must have been freed before. */
void leader_free(struct leader *l);

#endif
