/* A node's row, in the list and in the live view. */
#ifndef CLI_NODE_TABLE_H
#define CLI_NODE_TABLE_H

#include "cli/table.h"
#include "muster/muster.h"

#define NODE_HEADINGS "NODE|ROLE|STATUS|HEALTH|>AGENTS|>LOAD|>CPU|>MEM|>DISK|ADDRESS|ZONE|SERVICES"

/* Adds the node at `at`, such as "nodes.3". */
void node_table_row(struct table *t, const muster_reply *page, const char *at);

#endif
