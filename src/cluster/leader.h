/*
 * This process as a candidate: it campaigns for the leader's lease, keeps it, and does the
 * housekeeping while it holds it. Each script of the leader checks the lease itself; what this
 * process believes about the lease only avoids useless calls.
 */
#ifndef CLUSTER_LEADER_H
#define CLUSTER_LEADER_H

#include "cluster/identity.h"
#include "redis/connection.h"

struct leader;

/* The campaign starts with leader_connected. All arguments are borrowed. Never NULL. */
struct leader *leader_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id);

/* Call this whenever the connection to Redis has become ready. */
void leader_connected(struct leader *l);

/*
 * Ends the candidacy and gives up the lease. `done(arg)` is called once, when that has succeeded or
 * failed.
 */
void leader_resign(struct leader *l, void (*done)(void *arg), void *arg);

/* Frees the leader. Its connection must have been freed before. */
void leader_free(struct leader *l);

#endif
