/* Resolves an id that a person typed: in full, or shortened to a unique prefix. Only for commands that
 * change nothing: after a change, the same short id may mean another one. */
#ifndef CLI_RESOLVE_H
#define CLI_RESOLVE_H

#include "cli/cli.h"

/*
 * Sets `id` to the id of the node or agent named `text`, or of the only one whose id begins with
 * `text`. Returns CLI_GOOD; or prints an error, which lists the ids that it may be, and returns its
 * exit status. With very many agents only a whole id is found.
 */
int resolve_node_id(const struct cli *cli, const char *text, char id[ID_MAX + 1]);
int resolve_agent_id(const struct cli *cli, const char *text, char id[ID_MAX + 1]);

#endif
