/* How a lane carries out a step of a history: by single requests, by batches, or by coalesced ones. */
#ifndef SUPPORT_CARRY_H
#define SUPPORT_CARRY_H

#include "support/lane.h"

/*
 * Carries out step `i` of the history, which must consist of requests. The answers are in
 * l->answer, in the order of the requests. reference: the lane that has carried out the step as
 * single requests; NULL for that lane itself.
 */
void carry_step(struct lane *l, const struct scenario *sc, int i, const struct lane *reference);

#endif
