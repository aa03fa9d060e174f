/* The table of nodes, for `muster nodes` and `muster top`. */
#ifndef CLI_NODE_TABLE_H
#define CLI_NODE_TABLE_H

#include "cli/table.h"
#include "muster/muster.h"

#define NODE_TABLE_HEADINGS \
	"NODE|ROLE|STATUS|HEALTH|>AGENTS|>LOAD|>CPU|>MEM|>DISK|ADDRESS|ZONE|SERVICES"

/* Adds the row of the node at path `at`, such as "nodes.3". */
void node_table_row(struct table *t, const muster_reply *page, const char *at);

/* Adds a cell with the address and port, such as "10.0.0.1:9000" or "[::1]:9000". A `port` of 0 is
 * left out. */
void node_table_address(struct table *t, const char *ip, int64_t port);

#endif
