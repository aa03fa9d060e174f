/* The handlers of /api/cluster/nodes. Each consumes its request. */
#ifndef API_NODE_H
#define API_NODE_H

#include "http/request.h"

void node_list(struct request *rq);
void node_register(struct request *rq);
void node_get(struct request *rq);
void node_heartbeat(struct request *rq);
void node_leave(struct request *rq);

#endif
