/* The handlers of /api/cluster/hold. Each consumes its request. */
#ifndef API_HOLD_H
#define API_HOLD_H

#include "http/request.h"

void hold_get(struct request *rq);
void hold_set(struct request *rq);

#endif
