/*
 * What the leader does, again and again while its lease lasts: finds the dead, moves their
 * agents, places those that wait, looks for orphans, drops idle indexes. Each duty is one
 * script, bounded in work, that checks the lease itself.
 */
#ifndef CLUSTER_DUTIES_H
#define CLUSTER_DUTIES_H

#include "cluster/continuity.h"
#include "cluster/identity.h"
#include "redis/connection.h"

struct duties;

/*
 * Idle until duties_allow. All arguments are borrowed; `continuity` gets the sightings of Redis.
 * Never NULL.
 */
struct duties *duties_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id, struct continuity *continuity);

/* Allows the duties under `term`, copied, until `valid_until` on the monotonic clock (ms). */
void duties_allow(struct duties *all, const char *term, int64_t valid_until);

/* Has all nodes be given a fresh heartbeat before any other duty goes on. */
void duties_renew(struct duties *all);

/* Stops them at once. */
void duties_stop(struct duties *all);

/* Frees the duties, whose connection must have been freed before. */
void duties_free(struct duties *all);

#endif
