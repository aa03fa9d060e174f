/* The handlers of /api/cluster/assignments/batch. Each consumes its request. */
#ifndef API_BATCH_H
#define API_BATCH_H

#include "http/request.h"

void agent_batch_assign(struct request *rq);
void agent_batch_release(struct request *rq);

#endif
