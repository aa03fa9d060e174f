/* Ids as people type them: shortened, where that is unique. */
#ifndef CLI_PICK_H
#define CLI_PICK_H

#include "cli/cli.h"

/*
 * The node or agent whose id is `text`, or else the only one whose id begins with it: its id in
 * `id`. Returns CLI_GOOD, or says what is wrong.
 */
int pick_node(const struct cli *cli, const char *text, char id[ID_MAX + 1]);
int pick_agent(const struct cli *cli, const char *text, char id[ID_MAX + 1]);

#endif
