/*
 * What is kept of a request beyond its reply: figures, a line in the log for a change, and one
 * for each request where the log has debug lines. Invariant: no line holds what a client may want
 * to keep to itself: no query, no user in a target, no header but the request id.
 */
#ifndef HTTP_ACCESS_LOG_H
#define HTTP_ACCESS_LOG_H

#include "http/request_internal.h"

/* The whole request has come, and its handler is about to have it. */
void access_log_begin(struct request *rq);

/*
 * The request is about to be answered with `status`, once, whether it was begun or could not be
 * read. From now on it has an id.
 */
void access_log_end(struct request *rq, int status);

#endif
