/*
 * What is counted of requests. Each that is begun is ended once, with its reply; one that could
 * not be read has an end alone.
 */
#ifndef HTTP_ACCOUNT_H
#define HTTP_ACCOUNT_H

#include "http/request_internal.h"

/* The whole request has come, and its handler is about to have it. */
void account_begin(struct request *rq);

/* The request is answered with `status`. To be called while its connection still has it. */
void account_end(struct request *rq, int status);

#endif
