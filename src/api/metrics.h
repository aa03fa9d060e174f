/* The handler of /metrics. It consumes the request. */
#ifndef API_METRICS_H
#define API_METRICS_H

#include "http/request.h"

void metrics_get(struct request *rq);

#endif
