/*
 * The handlers of /api/cluster/assignments, and what batch.c needs too: the fields of an assignment in
 * a request and in a reply.
 */
#ifndef API_AGENT_H
#define API_AGENT_H

#include "api/in_field.h"
#include "api/output.h"
#include "http/request.h"

enum { ASSIGNMENT_IN = 5, ASSIGNMENT_STRATEGY = 2, ASSIGNMENT_OUT = 15 };

/* The fields of a request; the arguments of the scripts, in this order. */
extern const struct in_field assignment_in[ASSIGNMENT_IN];

/* The fields of a reply; the row of lua/lib/assignment_row.lua. */
extern const struct out_field assignment_out[ASSIGNMENT_OUT];

/* Each consumes its request. */
void agent_list(struct request *rq);
void agent_assign(struct request *rq);
void agent_get(struct request *rq);
void agent_release(struct request *rq);

/* Releases the agent `id`, with the epoch in the query if there is one. Consumes the request. */
void agent_release_id(struct request *rq, const char *id);

#endif
