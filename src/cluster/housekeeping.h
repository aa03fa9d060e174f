/*
 * What the leader does, again and again while its lease lasts: finds the dead, moves their
 * agents, places those that wait, looks for orphans, drops idle indexes. Each duty is one
 * script, bounded in work, that checks the lease itself.
 */
#ifndef CLUSTER_HOUSEKEEPING_H
#define CLUSTER_HOUSEKEEPING_H

#include "cluster/continuity.h"
#include "cluster/identity.h"
#include "redis/connection.h"

struct housekeeping;

/*
 * Idle until housekeeping_allow. All arguments are borrowed; `continuity` gets the sightings of Redis.
 * Never NULL.
 */
struct housekeeping *housekeeping_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id, struct continuity *continuity);

/* Allows the duties under `term`, copied, until `valid_until` on the monotonic clock (ms). */
void housekeeping_allow(struct housekeeping *all, const char *term, int64_t valid_until);

/* Has all nodes be given a fresh heartbeat before any other duty goes on. */
void housekeeping_renew_nodes(struct housekeeping *all);

/* Stops them at once. */
void housekeeping_stop(struct housekeeping *all);

/* Frees the duties, whose connection must have been freed before. */
void housekeeping_free(struct housekeeping *all);

#endif
