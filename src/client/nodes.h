/* Operations on nodes that only the library itself uses. */
#ifndef CLIENT_NODES_H
#define CLIENT_NODES_H

#include "muster/muster.h"

/* Like muster_node_register, with this Idempotency-Key: all tries of one registration use the same
 * key. */
muster_reply *node_register_keyed(muster_client *c, const char *json, const char *key);

#endif
