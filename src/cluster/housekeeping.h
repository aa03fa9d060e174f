/*
 * What the leader does again and again while its lease lasts: it declares silent nodes offline, moves
 * their agents, places agents that wait, looks for orphans, and drops idle indexes. Each task is one
 * script, which does a limited amount of work and checks the lease itself.
 */
#ifndef CLUSTER_HOUSEKEEPING_H
#define CLUSTER_HOUSEKEEPING_H

#include "cluster/continuity.h"
#include "cluster/identity.h"
#include "redis/connection.h"

struct housekeeping;

/*
 * Does nothing until housekeeping_allow. All arguments are borrowed; `continuity` gets observations of
 * Redis. Never NULL.
 */
struct housekeeping *housekeeping_new(struct event_base *base, struct redis_connection *redis,
    const struct config *config, const struct identity *id, struct continuity *continuity);

/* Allows the tasks in `term`, copied, until `valid_until` on the monotonic clock (ms). */
void housekeeping_allow(struct housekeeping *h, const char *term, int64_t valid_until);

/* Gives all nodes a fresh heartbeat. No other task is started until that is done. */
void housekeeping_renew_nodes(struct housekeeping *h);

/* Starts no further task. */
void housekeeping_stop(struct housekeeping *h);

/* Frees the housekeeping. Its connection must have been freed before. */
void housekeeping_free(struct housekeeping *h);

#endif
