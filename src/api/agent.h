/*
 * The handlers of /api/cluster/assignments, and what batch.c needs too: the fields of an assignment in
 * a request and in a reply.
 */
#ifndef API_AGENT_H
#define API_AGENT_H

#include "api/in_field.h"
#include "api/output.h"
#include "http/request.h"

enum {
	ASSIGNMENT_IN = 16, /* fields of a request */
	/* The members of an assignment: each column of its row but `number`, `node` and `waiting`. */
	ASSIGNMENT_OUT = ASSIGNMENT_ROW_COUNT + 1
};

/* The fields of a request. */
extern const struct in_field assignment_in[ASSIGNMENT_IN];

/* The fields of a reply. */
extern const struct out_field assignment_out[ASSIGNMENT_OUT];

/* The HTTP status for an assignment: 201 if it is new, 202 if it is pending, else 200. */
int assignment_status(enum outcome outcome);

/* Each consumes its request. */
void agent_list(struct request *rq);
void agent_assign(struct request *rq);
void agent_get(struct request *rq);
void agent_update(struct request *rq);
void agent_release(struct request *rq);

/* Releases the agent `id`, with the epoch in the query if there is one. Consumes the request. */
void agent_release_id(struct request *rq, const char *id);

#endif
