/*
 * What the contract says of one answer, whatever the other lanes do: which node an agent may be given
 * to, and when it may be refused; and that the figures of the whole cluster are those of its nodes.
 */
#ifndef SUPPORT_ORACLE_H
#define SUPPORT_ORACLE_H

#include "support/lane.h"

/*
 * Adds to `odd` what is wrong with the answer to an assign. nodes: the reply to GET
 * /api/cluster/nodes just before it. By least_agents, weighted and least_loaded the node must be the
 * best one, or as good.
 */
void oracle_assign(
    struct buf *odd, const json_t *nodes, const struct op *op, const struct answer *answer);

/* Adds to `odd` what is wrong with GET /api/cluster/stats beside the list of nodes. No heartbeat may
 * have lapsed. */
void oracle_stats(struct buf *odd, const json_t *nodes, const json_t *stats);

#endif
