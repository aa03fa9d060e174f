/*
 * Blocking queries: a GET with ?index= is held until something has happened to what it asks for
 * since that event, or until ?wait= is up, and is answered then as any other.
 */
#ifndef API_WAIT_H
#define API_WAIT_H

#include "api/args.h"

#include <sys/queue.h>

struct app;
struct wait;

TAILQ_HEAD(waits, wait);

/*
 * Holds the request and calls the script of `a`, whose contents it takes over, when it is time;
 * X-Cluster-Index says what to go on from. A query that is malformed is refused.
 */
void wait_start(struct request *rq, struct args *a, script_done_fn done);

/* Has all that wait on this loop answered now. */
void wait_end_all(struct app *app);

#endif
