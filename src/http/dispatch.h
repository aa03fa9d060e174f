/*
 * Finds the handler of a request and calls it, or answers the request with the error that keeps
 * it from a handler.
 */
#ifndef HTTP_DISPATCH_H
#define HTTP_DISPATCH_H

#include "http/request_internal.h"
#include "http/router.h"

/*
 * Checks a complete head: finds the route, its parameters and the query. Sets rq->verdict to
 * ERR_OK, or to the error that the request is to be answered with.
 */
void dispatch_resolve(struct request *rq, const struct router *router);

/*
 * Calls the route's handler, or replies with the verdict. To be called once, when the request is
 * complete or, with an error for a verdict, earlier. Consumes the request.
 */
void dispatch_call(struct request *rq);

#endif
