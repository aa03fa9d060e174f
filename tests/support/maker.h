/*
 * The making of a history: what is known of the cluster so far, and the random choices. Whether a request
 * will succeed is not known: it takes no more than to ask for something sensible.
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
	int common;  /* services of all nodes where there is one class */
	const char *allowed[STRATEGIES_MAX];
	int n_allowed;
	int n_indexed; /* the first ones of those allowed: they have been the cluster's */
	struct maker_node node[NODES_OF_SCENARIO];
	bool roomy;  /* most nodes have more room than is ever needed */
	bool simple; /* most assigns are of a bare id */
	bool asked[AGENTS];
	int wants[AGENTS]; /* the services that the agent asks for, mostly */
};

/* A number from `least` to `most`. */
static inline int
between(struct maker *m, int least, int most)
{
	return rng_between(&m->rng, least, most);
}

/* True in so many of 100 cases. */
static inline bool
chance(struct maker *m, int percent)
{
	return between(m, 1, 100) <= percent;
}

/* Begins a step, before which some time passes. The history has room for it. */
struct step *step_begin(struct maker *m, enum step_kind kind, int64_t advance_ms);

/* The time between two steps: often none, so that numbers made of the time run ahead of it. */
int64_t pause_ms(struct maker *m);

/* Adds the member "services" to the body: a bit of `mask` for each, in either order. */
void body_services(struct op *op, int mask, bool backwards);

#endif
