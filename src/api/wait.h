/*
 * Blocking queries: a GET with ?index= is held until what it asks for has changed after that event, or
 * until the time ?wait= is over. Not responsible for the call that follows (call.c).
 */
#ifndef API_WAIT_H
#define API_WAIT_H

#include "api/args.h"
#include "api/feed.h"
#include "redis/script.h"

#include <event2/event.h>
#include <sys/queue.h>

struct wait;

TAILQ_HEAD(wait_list, wait);

/* The queries that one loop holds. */
struct waits {
	struct event_base *base;
	struct feed *feed;
	struct wait_list list;
};

/* Continues with a request that was held. Takes over the contents of `a`. */
typedef void (*wait_over_fn)(void *arg, struct args *a);

/* Calls the query's script with a copy of `a`, and then `done`. */
typedef void (*wait_look_fn)(
    const struct request *rq, const struct script_args *a, script_fn done, void *arg);

/* Starts with an empty list. `base` and `feed` are borrowed. */
void waits_init(struct waits *ws, struct event_base *base, struct feed *feed);

/*
 * True if the client wants the request held, and `a` says which events it waits for. If the query is
 * malformed, even if it only says for how long, the failure is in `a`, and the request is not to be held.
 */
bool wait_wanted(const struct request *rq, struct args *a);

/*
 * Holds a request for which wait_wanted is true, and takes over the contents of `a`. Only a look at what
 * the query shows tells which events end it (shown.h). `over(arg, a)` is called once, when the wait is over;
 * the reply will have an X-Cluster-Index from which the client can go on.
 */
void wait_start(struct waits *ws, struct request *rq, struct args *a, wait_look_fn look,
    wait_over_fn over, void *arg);

/* Ends all waits now. */
void wait_end_all(struct waits *ws);

#endif
