/* Nodes and requirements of the model (requirements_oracle.h) as bodies of requests. */
#ifndef SUPPORT_REQUIREMENTS_JSON_H
#define SUPPORT_REQUIREMENTS_JSON_H

#include "support/requirements_maker.h"

#include <jansson.h>

/* A new reference each: the body that registers a node; that of a request of an agent, with a strategy (-1: the
 * cluster's), as a whole. */
json_t *node_json(const struct oracle_node *node);
json_t *request_json(
    const struct oracle *o, const char *agent_id, const struct wants *wants, int strategy);

#endif
