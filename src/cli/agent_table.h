/* One agent as a table of names and values. */
#ifndef CLI_AGENT_TABLE_H
#define CLI_AGENT_TABLE_H

#include "cli/cli.h"

/* Adds all that an assignment says. */
void agent_table_add(struct table *t, const muster_reply *r);

/* Adds an explanation, if the reply has one. */
void agent_table_explanation(struct table *t, const muster_reply *r);

#endif
