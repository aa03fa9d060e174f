/* How a lane carries out a step of a history: by single requests, by batches, or by coalesced ones. */
#ifndef SUPPORT_CARRY_H
#define SUPPORT_CARRY_H

#include "support/lane.h"

/*
 * Carries out step `i` of the history, one of requests; the answers are in l->answer, by the place of
 * the request in the step. reference: the lane that has carried it out as single requests; NULL for
 * that one itself.
 */
void carry_step(struct lane *l, const struct scenario *sc, int i, const struct lane *reference);

#endif
