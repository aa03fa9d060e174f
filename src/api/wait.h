/*
 * Blocking queries: a GET with ?index= is held until something has happened to what it asks for
 * since that event, or until ?wait= is up. Not responsible for what is called then (call.c).
 */
#ifndef API_WAIT_H
#define API_WAIT_H

#include "api/args.h"
#include "api/feed.h"

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

/* Goes on with a query that was held; takes over the contents of `a`. */
typedef void (*wait_over_fn)(void *arg, struct args *a);

/* Starts with none. `base` and `feed` are borrowed. */
void waits_init(struct waits *ws, struct event_base *base, struct feed *feed);

/* True where the client asks for the request to be held, and `a` says until when it may be. */
bool wait_wanted(const struct request *rq, const struct args *a);

/*
 * Takes over the contents of `a` and holds the request. `over(arg, a)` is called once, when the wait
 * is over; the reply then has an X-Cluster-Index from which the client can go on. Where the query is
 * malformed `over` is called at once, with the failure in `a`.
 */
void wait_start(struct waits *ws, struct request *rq, struct args *a, wait_over_fn over, void *arg);

/* Ends all waits now. */
void wait_end_all(struct waits *ws);

#endif
