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
 * Makes the history of this seed. Of four seeds that follow one another, from a multiple of four on, the
 * first has one class of nodes, one strategy and mostly agents that want nothing special; the second
 * several of each; the third either. The fourth draws by lot, and then all nodes are alike and stay
 * well, so that the draw decides who runs where and nothing else. strategies: the `n` there are. by_lot:
 * the one of them whose draws no two runs repeat; NULL for none.
 */
void scenario_make(struct scenario *sc, uint64_t seed, const char *const strategies[], size_t n,
    const char *by_lot);

#endif
