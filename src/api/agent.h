/*
 * The handlers of /api/cluster/assignments, and what batch.c needs of them: an assignment as it is
 * asked for and as it is shown.
 */
#ifndef API_AGENT_H
#define API_AGENT_H

#include "api/in_field.h"
#include "api/output.h"
#include "http/request.h"

enum { ASSIGNMENT_IN = 5, ASSIGNMENT_STRATEGY = 2, ASSIGNMENT_OUT = 15 };

/* What is asked for: the scripts' arguments, in this order. */
extern const struct in_field assignment_in[ASSIGNMENT_IN];

/* A row of lua/lib/assignment_row.lua. */
extern const struct out_field assignment_out[ASSIGNMENT_OUT];

/* Each consumes its request. */
void agent_list(struct request *rq);
void agent_assign(struct request *rq);
void agent_get(struct request *rq);
void agent_release(struct request *rq);

/* Releases the agent `id`, as the query says. Consumes the request. */
void agent_release_id(struct request *rq, const char *id);

#endif
