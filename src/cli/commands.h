/* All commands; the table is in commands.c. Each returns the exit status. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

int nodes_list(const struct cli *cli);
int node_show(const struct cli *cli);
int node_drain(const struct cli *cli);
int node_undrain(const struct cli *cli);
int node_remove(const struct cli *cli);

int agents_list(const struct cli *cli);
int agent_show(const struct cli *cli);
int agent_assign(const struct cli *cli);
int agent_release(const struct cli *cli);

int balance(const struct cli *cli);
int leader_show(const struct cli *cli);
int leader_promote(const struct cli *cli);
int stats(const struct cli *cli);
int hold(const struct cli *cli);
int check(const struct cli *cli);

int events(const struct cli *cli);
int top(const struct cli *cli);

#endif
