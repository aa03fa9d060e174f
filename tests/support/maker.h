/*
 * The state of making a history: what is known of the cluster so far, and the random numbers.
 * Whether a request will succeed is not known, and need not be: requests only have to be
 * plausible.
 */
#ifndef SUPPORT_MAKER_H
#define SUPPORT_MAKER_H

#include "support/rng.h"
#include "support/scenario.h"

/* Services, each a bit. The last one is offered by no node. */
enum { SERVICES = 4, NOBODYS = 1 << (SERVICES - 1), ALL_SERVICES = NOBODYS - 1, AGENTS = 96 };

struct maker_node {
	bool there;
	int services; /* a bit for each */
	int max_agents;
	int64_t beat_at; /* the last heartbeat */
};

struct maker {
	struct scenario *sc;
	struct rng rng;
	int64_t now; /* ms since the start */
	int common;  /* the services of all nodes, if there is one class */
	const char *allowed[STRATEGIES_MAX];
	int n_allowed;
	int n_indexed; /* how many of those allowed, the first ones, have been the cluster's strategy */
	struct maker_node node[NODES_OF_SCENARIO];
	bool roomy;  /* most nodes have more room than is ever needed */
	bool simple; /* most assigns are of a bare id */
	bool asked[AGENTS];
	int wants[AGENTS]; /* the services that requests for the agent mostly ask for */
};

/* A number from `least` to `most`. */
static inline int
between(struct maker *m, int least, int most)
{
	return rng_between(&m->rng, least, most);
}

/* True with this probability. */
static inline bool
chance(struct maker *m, int percent)
{
	return between(m, 1, 100) <= percent;
}

/* Begins a step, which is advance_ms after the last one. The history must have room for it. */
struct step *step_begin(struct maker *m, enum step_kind kind, int64_t advance_ms);

/* A time between two steps: often 0, so that epochs, which follow the clock, get ahead of it. */
int64_t pause_ms(struct maker *m);

/* Adds the member "services" to the body: those whose bit in `mask` is set, in either order. */
void body_services(struct op *op, int mask, bool backwards);

#endif
