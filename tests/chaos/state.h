/*
 * Does a cluster's state agree with itself? Whatever is written down twice is computed from its
 * one source and compared: indexes both ways, counters, classes, capacities, queues. For quiet
 * moments, when no move is under way.
 */
#ifndef CHAOS_STATE_H
#define CHAOS_STATE_H

#include "chaos/findings.h"
#include "chaos/history.h"

#include <jansson.h>

/* Checks what dump_read has read. Finds all kinds from LIST to LIVENESS. */
void state_check(json_t *dump, struct findings *f);

/* How many of the waiting agents some node could take as it is. Quiet is when there are none. */
size_t state_placeable(json_t *dump);

/*
 * Checks that each assignment which a client saw acknowledged, and which nobody has asked to be
 * released since, stands. Finds LOST_ASSIGNMENT.
 */
void state_check_acknowledged(json_t *dump, const struct history *h, struct findings *f);

/*
 * Notes in the history where each agent stands, as an operation of HISTORY_STORE: those named
 * agents[0] to agents[n - 1].
 */
void state_note(json_t *dump, struct history *h, char (*agents)[HISTORY_ID_MAX], size_t n);

#endif
