/* The handlers of /livez and /readyz. Each consumes its request. */
#ifndef API_HEALTH_H
#define API_HEALTH_H

#include "http/request.h"

void live_check(struct request *rq);
void ready_check(struct request *rq);

#endif
