/*
 * Checks linearizability: could one register per agent, which does one operation at a time, have
 * given the answers that the clients saw? It searches for an order as Wing and Gong do, with Lowe's
 * memory of rejected states. The register is an assignment with its epoch. The cluster may also
 * give it another owner at any moment, always with a higher epoch. An operation with an unknown
 * outcome takes effect at one moment before it is settled, or never.
 */
#ifndef CHAOS_LINEAR_H
#define CHAOS_LINEAR_H

#include "chaos/findings.h"
#include "chaos/history.h"

/* Checks every agent of the phase. Adds findings NOT_LINEARIZABLE, SEARCH_TOO_LONG. */
void linear_check(const struct history *h, struct findings *f);

/*
 * Checks the fencing tokens separately: no call may return an epoch of an agent that is lower than
 * one seen before the call, and no epoch may have two owners. Terms and leaders are checked in the
 * same way. Adds findings EPOCH_BACK, TWO_OWNERS, TERM_BACK, TWO_LEADERS.
 */
void fencing_check(const struct history *h, struct findings *f);

#endif
