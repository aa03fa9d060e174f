/* The handler of /api/cluster/stats. It consumes the request. */
#ifndef API_STATS_H
#define API_STATS_H

#include "http/request.h"

void stats_get(struct request *rq);

#endif
