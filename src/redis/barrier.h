/*
 * The replication barrier: waits until replicas have received all that was written so far. One
 * connection, with one WAIT at a time, serves every caller: those who come while a WAIT is under
 * way share the next one.
 */
#ifndef REDIS_BARRIER_H
#define REDIS_BARRIER_H

#include "redis/connection.h"

struct barrier;

/*
 * `replicas` is how many replicas have what had been written when barrier_wait was called: at least
 * as many as asked for, or fewer after the timeout. Also 0 if Redis did not answer.
 */
typedef void (*barrier_fn)(void *arg, int replicas);

/*
 * Each wait is for `replicas` replicas, for at most `timeout_ms`. `options` is copied; what it
 * points to, and `prefix`, are borrowed. Never NULL; free it with barrier_free.
 */
struct barrier *barrier_new(struct event_base *base, const struct redis_options *options,
    const char *prefix, int replicas, int timeout_ms);

/*
 * Calls `fn` exactly once, from the loop or before this returns. `run_id`, which is copied, is that
 * of the Redis that was written to; if the barrier is connected to another one, `fn` gets 0.
 */
void barrier_wait(struct barrier *b, const char *run_id, barrier_fn fn, void *arg);

/* Calls the callbacks of those who still wait, with 0, and frees the barrier. NULL is allowed. */
void barrier_free(struct barrier *b);

#endif
