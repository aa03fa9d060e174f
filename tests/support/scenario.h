/*
 * A random history of a cluster, made from a seed: nodes register, beat, change and leave, agents
 * are assigned, looked up and released, strategies are switched, and time passes. It has the
 * requests, but does not say how they are sent: one at a time, in batches or all at once.
 */
#ifndef SUPPORT_SCENARIO_H
#define SUPPORT_SCENARIO_H

#include "support/op.h"

enum {
	SCENARIO_STEPS_MAX = 48,
	STRATEGIES_MAX = 16,
	NODES_OF_SCENARIO = 12,
	TTL_OF_SCENARIO_MS = 60000, /* of heartbeats in a history */
};

struct scenario {
	uint64_t seed;
	bool several_classes;
	bool names;  /* assigns may name a strategy */
	bool by_lot; /* a strategy that draws by lot is used */
	int n;
	struct step step[SCENARIO_STEPS_MAX];
};

/*
 * Makes the history of this seed. strategies: all there are; by_lot: the one of them that draws by
 * lot. Every fourth seed has one class of nodes, one strategy and mostly agents that want nothing special;
 * the next one several of each; the next one either; the last one draws by lot, and then all nodes are
 * alike and stay well, so that the draw decides who runs where and nothing else.
 */
void scenario_make(struct scenario *sc, uint64_t seed, const char *const strategies[], size_t n,
    const char *by_lot);

#endif
