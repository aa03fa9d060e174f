/* The handlers of /api/cluster/leader. Each consumes its request. */
#ifndef API_LEADER_H
#define API_LEADER_H

#include "http/request.h"

void leader_get(struct request *rq);
void leader_promote(struct request *rq);

#endif
