/* The handlers of /api/cluster/assignments/batch. Each consumes its request. */
#ifndef API_BATCH_H
#define API_BATCH_H

#include "http/request.h"

void agent_assign_batch(struct request *rq);
void agent_release_batch(struct request *rq);

#endif
