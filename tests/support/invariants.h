/*
 * What must be true of the keys after any script: each agent is in the set of its node or in the
 * queue, totals and classes match the records, and each placement index holds exactly the eligible
 * nodes, with the strategy's score.
 */
#ifndef SUPPORT_INVARIANTS_H
#define SUPPORT_INVARIANTS_H

#include "support/scripts.h"

/*
 * Fails the test, with a message, if an invariant does not hold. Every agent's node must have a
 * record, and services must have been given in ascending order.
 */
void check_invariants(struct scripts *s);

#endif
