/*
 * Sends operations of the same kind to Redis together, in one call of a script that takes many:
 * that costs a fraction of a call for each. Operations that come in the same turn of the loop, or
 * while earlier calls are under way, share a call: the busier Redis is, the larger the calls.
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
	COALESCE_BYTES_MAX =
	    32 * 1024,              /* arguments in one call, unless it has a single operation */
	COALESCE_UNDER_WAY_MAX = 2, /* calls of a kind at a time: Redis has the next one at hand */
	COALESCE_BESIDE_MIN = 4,    /* operations that are worth a second call at the same time */
	COALESCE_WAIT_MS = 20       /* an operation is sent after this time in any case */
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

/* True where the operation may share a call with others and its script takes items. */
bool coalescer_takes(const struct script_args *a);

/*
 * Carries out one operation, in a call of its own or together with others. coalescer_takes(a) must
 * be true; takes over the contents of `a`. `fn` is called exactly once, as by script_call, with the
 * operation's own part of the reply. The error is OVERLOADED where REDIS_IN_FLIGHT_MAX operations of
 * that kind have no answer yet.
 */
void coalescer_call(struct coalescer *co, struct script_args *a, script_fn fn, void *arg);

#endif
