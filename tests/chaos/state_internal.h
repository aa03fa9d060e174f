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

/* A part of a node's profile; an agent's requirements. Borrowed as in support/api.h, like the next. node,
 * agent: the keys of their hashes. */
enum state_profile { PROFILE_SERVICES, PROFILE_LABELS, PROFILE_ZONE, PROFILE_RESOURCES = 4 };
const char *state_profile(json_t *dump, const char *node, enum state_profile part);
const char *state_requires(json_t *dump, const char *agent);

/* The value of a word such as "group:" in requirements, of a name in "name=value,…", and the domain of a node
 * in a spread by "node", "zone" or "label:KEY"; "" for none. */
const char *state_word(const char *requires, const char *word);
const char *state_pair(const char *list, const char *name);
const char *state_domain(json_t *dump, const char *node, const char *by);

/* True if the node could be given the agent now. Of the requirements, it knows those that the clients have
 * (wants.h). */
bool state_takes(json_t *dump, const char *node, const char *agent);

void state_check_classes(json_t *dump, struct findings *f);
void state_check_placement(json_t *dump, struct findings *f);

/* What agents have taken, and the sets that requirements are looked up in, follow from the records. Adds findings
 * RESOURCES and REQUIREMENTS. */
void state_check_requirements(json_t *dump, struct findings *f);

/* No node has given more than it declares, and no domain has more agents of a group than each of them allows: so
 * it is where nodes declare no less than before, and all agents of a group allow the same. Adds findings
 * OVER_CAPACITY and SPREAD. */
void state_check_limits(json_t *dump, struct findings *f);

#endif
