/*
 * Sends operations of the same kind to Redis together, in one call of a script that takes many
 * items. This costs a fraction of one call for each operation. Operations that arrive in the same
 * turn of the loop, or while earlier calls are under way, share a call: the busier Redis is, the
 * larger the calls.
 */
#ifndef REDIS_COALESCE_H
#define REDIS_COALESCE_H

#include "redis/script.h"

#include <event2/event.h>

enum {
	/*
	 * Operations in one call. With more, Redis and the front-end would take turns instead of
	 * working at the same time; with fewer, each operation would cost more.
	 */
	COALESCE_ITEMS_MAX = 16,
	/* Bytes of arguments in one call, unless it has a single operation. */
	COALESCE_BYTES_MAX = 32 * 1024,
	/* Calls of one kind at a time. With two, Redis always has the next one at hand. */
	COALESCE_UNDER_WAY_MAX = 2,
	/* Waiting operations that start a second call while another one is under way. */
	COALESCE_BESIDE_MIN = 4,
	/* No operation waits longer than this before it is sent. */
	COALESCE_WAIT_MS = 20
};

struct coalescer;

/*
 * Calls go over `c`, which is on the loop `base`, with `prefix` as KEYS[1]. Both are borrowed.
 * Never NULL; free it with coalescer_free.
 */
struct coalescer *coalescer_new(
    struct event_base *base, struct redis_connection *c, const char *prefix);

/*
 * Answers the operations that still wait with STORE_UNAVAILABLE, and frees `co`. Free its
 * connection first, which answers those that are in a call.
 */
void coalescer_free(struct coalescer *co);

/* True if the operation may share a call with others (a->coalesce) and is a single item. */
bool coalescer_takes(const struct script_args *a);

/*
 * Carries out one operation, in a call of its own or together with others. coalescer_takes(a) must be
 * true. Takes over the contents of `a`. `fn` is called exactly once, as by script_call, from the loop
 * or before this returns. It gets the operation's own part of the reply. The error is OVERLOADED if
 * REDIS_IN_FLIGHT_MAX operations of this kind have no answer yet.
 */
void coalescer_call(struct coalescer *co, struct script_args *a, script_fn fn, void *arg);

#endif
