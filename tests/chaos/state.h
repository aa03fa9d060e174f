/*
 * Checks that the state of a cluster is consistent. Everything that is stored twice is computed
 * from its source and compared: indexes in both directions, counters, classes, capacities, queues.
 * Only for times when no agent is being moved.
 */
#ifndef CHAOS_STATE_H
#define CHAOS_STATE_H

#include "chaos/findings.h"
#include "chaos/history.h"

#include <jansson.h>

/* Checks the state that dump_read returned. Adds findings of the kinds LIST to LIVENESS. */
void state_check(json_t *dump, struct findings *f);

/* How many of the pending agents a node could take now. The cluster is at rest when there are
 * none. */
size_t state_placeable(json_t *dump);

/*
 * Checks that every acknowledged assignment still exists, unless somebody requested its release
 * later. Adds findings LOST_ASSIGNMENT.
 */
void state_check_acknowledged(json_t *dump, const struct history *h, struct findings *f);

/*
 * Records the state of agents[0] to agents[n - 1] in the history, as operations of HISTORY_STORE.
 */
void state_note(json_t *dump, struct history *h, char (*agents)[HISTORY_ID_MAX], size_t n);

#endif
