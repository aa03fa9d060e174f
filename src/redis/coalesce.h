/*
 * Many clients ask for the same thing at about the same time; Redis answers them at a fraction of the
 * price in one call of a script that takes many. What comes in one turn of the loop goes together, and
 * so does what comes while a call is under way: the busier Redis is, the larger the calls.
 */
#ifndef REDIS_COALESCE_H
#define REDIS_COALESCE_H

#include "redis/script.h"

#include <event2/event.h>

enum {
	/*
	 * Operations of a call: with more of them Redis and the front-end work by turns instead of side by
	 * side, with fewer each costs more.
	 */
	COALESCE_ITEMS_MAX = 16,
	COALESCE_BYTES_MAX = 32 * 1024, /* of their arguments, but for the first one's */
	COALESCE_UNDER_WAY_MAX = 2, /* calls of a kind, so that Redis need not wait for the next */
	COALESCE_BESIDE_MIN = 4,    /* operations that are worth a call beside another one */
	COALESCE_WAIT_MS = 20       /* longer than this nothing waits for them */
};

struct coalescer;

/* For the calls over `c`, of the same loop, with `prefix` as KEYS[1]; both borrowed. Never NULL. */
struct coalescer *coalescer_new(
    struct event_base *base, struct redis_connection *c, const char *prefix);

/* Answers what still waits: STORE_UNAVAILABLE. To be called after redis_connection_free of its `c`. */
void coalescer_free(struct coalescer *co);

/* True where the operation may be carried out with others, and there is a script that does. */
bool coalescer_takes(const struct script_args *a);

/*
 * Calls the script, alone or with others of its kind. Takes over the contents of `a`, which
 * coalescer_takes. `fn` is called exactly once, with what script_call would have answered: where it was
 * refused among others, `reply` is an error with the words that the script would have raised.
 * OVERLOADED: REDIS_IN_FLIGHT_MAX operations of that kind wait or are under way.
 */
void coalescer_call(struct coalescer *co, struct script_args *a, redis_reply_fn fn, void *arg);

#endif
