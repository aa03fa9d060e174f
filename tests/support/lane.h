/*
 * A lane is a cluster, Redis and a front-end, in which a history is carried out in one way: as single
 * requests, as batches, as requests that come so close together that the front-end coalesces them, or
 * as single requests with an Idempotency-Key. Redis' clock stands still and is moved by the test alone,
 * so that the same history leaves the same numbers in each.
 */
#ifndef SUPPORT_LANE_H
#define SUPPORT_LANE_H

#include "support/http_client.h"
#include "support/scenario.h"
#include "support/scripts.h"

#include "base/buf.h"

enum lane_kind { LANE_SINGLE, LANE_BATCH, LANE_COALESCED, LANE_KEYED, LANES };

extern const char *const lane_names[LANES];

enum { LANE_CONNECTIONS = 16, LANE_INDEXES_MAX = SCENARIO_STEPS_MAX * STEP_OPS_MAX };

/* What a request was answered with, in whichever way it was sent. */
struct answer {
	int status;
	json_t *body; /* the assignment, node or problem; NULL for none */
};

/* A change as a reply named it, by its event's id; it is about this agent or node. */
struct told {
	int step, op;
	char index[48], id[16];
};

struct lane {
	enum lane_kind kind;
	struct scripts *scripts; /* with Redis and its connection */
	struct musterd *musterd;
	struct http_client http[LANE_CONNECTIONS];
	char term[32]; /* of the leader that carries out the duties */
	struct answer answer[STEP_OPS_MAX];
	struct buf duties; /* what the duties of the last step answered */
	struct told told[LANE_INDEXES_MAX];
	int n_told;
	bool owed;         /* after the last step not all was placed that could be */
	long long waiting; /* agents that waited before the step */
	long together;     /* requests that were sent with others */
	struct buf odd;    /* what is wrong by itself, a line each; "" where all is well */
};

/* Starts Redis and a front-end. Fails the test if that fails. */
void lane_start(struct lane *l, enum lane_kind kind);

/* Ends both and frees what the lane holds. */
void lane_end(struct lane *l);

/* Empties the cluster and elects a leader that does nothing by itself. */
void lane_reset(struct lane *l);

/* Frees the answers to the last step. */
void lane_forget(struct lane *l);

/* Calls the leader's duty that looks for lapsed heartbeats; adds its replies to `duties`. */
void lane_sweep(struct lane *l, const struct step *st);

/*
 * Calls the leader's duties until every agent that can be placed is placed, unless the step says
 * otherwise; adds their replies to `duties`. As long as no heartbeat has lapsed they must find nothing
 * to place: whatever makes room places those who wait at once.
 */
void lane_settle(struct lane *l, const struct step *st, bool lapsed);

/* Moves the clock of all lanes on. */
void lanes_advance(int64_t ms);

/* A counter in the front-end's /metrics. */
long lane_metric(struct lane *l, const char *name);

#endif
