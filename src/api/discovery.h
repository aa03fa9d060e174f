/* The handler of /api/cluster/sd/prometheus. It consumes the request. */
#ifndef API_DISCOVERY_H
#define API_DISCOVERY_H

#include "http/request.h"

void discovery_get(struct request *rq);

#endif
