/* The handler of /api/cluster/check. It consumes the request. */
#ifndef API_STATE_H
#define API_STATE_H

#include "http/request.h"

void state_check(struct request *rq);

#endif
