/* The commands about nodes. Each returns its exit status. */
#ifndef CLI_NODES_H
#define CLI_NODES_H

#include "cli/cli.h"

int command_node_list(const struct cli *cli);
int command_node_get(const struct cli *cli);
int command_node_drain(const struct cli *cli);
int command_node_undrain(const struct cli *cli);
int command_node_leave(const struct cli *cli);

#endif
