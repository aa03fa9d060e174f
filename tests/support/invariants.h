/*
 * What must hold between the keys after any script: each agent is in the set of its node or in
 * the queue, totals and classes count what is there, and each placement index holds exactly the
 * nodes that are eligible, under the strategy's score.
 */
#ifndef SUPPORT_INVARIANTS_H
#define SUPPORT_INVARIANTS_H

#include "support/scripts.h"

/*
 * Fails the test where something does not hold, and says what. Every agent's node must have a
 * record, and services must have been given in ascending order.
 */
void check_invariants(struct scripts *s);

#endif
