/*
 * The handlers, each named like its script and its row in routes.c. Each consumes its request,
 * as http/request.h says.
 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "http/request.h"

void node_list(struct request *rq);
void node_register(struct request *rq);
void node_get(struct request *rq);
void node_heartbeat(struct request *rq);
void node_leave(struct request *rq);

void agent_list(struct request *rq);
void agent_assign(struct request *rq);
void agent_get(struct request *rq);
void agent_release(struct request *rq);
void agent_batch_assign(struct request *rq);
void agent_batch_release(struct request *rq);

void balance_get(struct request *rq);
void balance_set(struct request *rq);

void leader_get(struct request *rq);
void leader_promote(struct request *rq);

void hold_get(struct request *rq);
void hold_set(struct request *rq);

void event_list(struct request *rq);

void stats_get(struct request *rq);
void state_check(struct request *rq);

void discovery_get(struct request *rq);
void metrics_get(struct request *rq);

void live_check(struct request *rq);
void ready_check(struct request *rq);
void openapi_get(struct request *rq);

void dashboard_get(struct request *rq);
void asset_get(struct request *rq);

#endif
