/* The handlers of /api/cluster/balance: the cluster's strategy. Each consumes its request. */
#ifndef API_BALANCE_H
#define API_BALANCE_H

#include "http/request.h"

void balance_get(struct request *rq);
void balance_set(struct request *rq);

#endif
