/*
 * What the leader does, again and again while its lease lasts: finds the dead, moves their
 * agents, places those that wait, looks for orphans, drops idle indexes. Each duty is one
 * script, bounded in work, that checks the lease itself.
 */
#ifndef CLUSTER_DUTIES_H
#define CLUSTER_DUTIES_H

#include "cluster/identity.h"
#include "redis/connection.h"

struct duties;

/* Idle until duties_allow. All arguments are borrowed. Never NULL. */
struct duties *duties_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id);

/* Allows the duties under `term`, copied, until `valid_until` on the monotonic clock (ms). */
void duties_allow(struct duties *all, const char *term, int64_t valid_until);

/* Stops them at once. */
void duties_stop(struct duties *all);

/* Frees the duties, whose connection must have been freed before. */
void duties_free(struct duties *all);

#endif
