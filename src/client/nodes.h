/* What the library itself calls of the operations on nodes, beyond the public ones. */
#ifndef CLIENT_NODES_H
#define CLIENT_NODES_H

#include "muster/muster.h"

/* muster_node_register with this Idempotency-Key: one for all tries at one registration. */
muster_reply *node_register_keyed(muster_client *c, const char *json, const char *key);

#endif
