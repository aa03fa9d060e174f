/* Shared by state.c, which checks agents and nodes, and state_index.c, which checks the indexes. */
#ifndef CHAOS_STATE_INTERNAL_H
#define CHAOS_STATE_INTERNAL_H

#include "chaos/findings.h"

#include <jansson.h>
#include <stdbool.h>

/* True if a field of a hash is this text. */
bool state_is(json_t *dump, const char *key, const char *field, const char *value);

/* node: the key of its hash. True if its heartbeat has not expired and it reports itself as
 * healthy. */
bool state_healthy(json_t *dump, const char *node);

/* True if the node can be given an agent. */
bool state_eligible(json_t *dump, const char *node);

/* The node's CPU, memory, disk and load average; NAN if they cannot be read. */
void state_usage(json_t *dump, const char *node, double usage[4]);

void state_check_classes(json_t *dump, struct findings *f);
void state_check_placement(json_t *dump, struct findings *f);

#endif
