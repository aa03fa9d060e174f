/*
 * Is what clients saw of each agent what they could have seen of one register that does one
 * operation at a time (linearizability, searched for as Wing and Gong do, with the memory of
 * Lowe's)? The register is an assignment with its epoch. Besides the clients the cluster itself
 * may give it another owner at any moment, always under a higher epoch. An operation whose
 * outcome is unknown takes effect at one moment until it is settled, or never.
 */
#ifndef CHAOS_LINEAR_H
#define CHAOS_LINEAR_H

#include "chaos/findings.h"
#include "chaos/history.h"

/* Checks every agent of the phase. Finds NOT_LINEARIZABLE, SEARCH_TOO_LONG. */
void linear_check(const struct history *h, struct findings *f);

/*
 * Checks the fencing tokens on their own: of each agent no epoch older than one that was seen
 * before the call, no epoch with two owners; the same of the leader's terms. Finds EPOCH_BACK,
 * TWO_OWNERS, TERM_BACK, TWO_LEADERS.
 */
void fencing_check(const struct history *h, struct findings *f);

#endif
