/*
 * What is recorded about a request: metrics, an audit record of a change and, with debug lines, a
 * line for every request. Invariant: a line has nothing that a client may want to keep private:
 * no query, no user name in a target, and of the headers only the request id.
 */
#ifndef HTTP_ACCESS_LOG_H
#define HTTP_ACCESS_LOG_H

#include "http/request_internal.h"

/* Call this when the request is complete, before its handler. */
void access_log_begin(struct request *rq);

/*
 * Call this once, before the reply with `status` is written, also for a request that was never
 * complete. From then on the request has an id.
 */
void access_log_end(struct request *rq, int status);

#endif
