/*
 * The replication barrier: says to how many replicas everything that was written so far has come.
 * One connection and one WAIT at a time serve all who ask: those that come while one is under way
 * share the next.
 */
#ifndef REDIS_BARRIER_H
#define REDIS_BARRIER_H

#include "redis/connection.h"

struct barrier;

/*
 * `replicas` have what had been written when barrier_wait was called: as many as were asked for,
 * fewer at the timeout, 0 also where Redis could not say.
 */
typedef void (*barrier_fn)(void *arg, int replicas);

/*
 * Waits for `replicas` of them, for at most `timeout_ms` each time. `options` is copied but for
 * what it points to; `prefix` is borrowed. Never NULL; free it with barrier_free.
 */
struct barrier *barrier_new(struct event_base *base, const struct redis_options *options,
    const char *prefix, int replicas, int timeout_ms);

/*
 * Calls `fn` exactly once, from the loop or before this returns. `run_id`, copied, is that of the
 * Redis which has been written to: what another one has replicated does not count.
 */
void barrier_wait(struct barrier *b, const char *run_id, barrier_fn fn, void *arg);

/* Frees the barrier. Those who wait are told 0 first. */
void barrier_free(struct barrier *b);

#endif
