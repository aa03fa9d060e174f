/* The commands about the cluster as a whole. Each returns its exit status. */
#ifndef CLI_CLUSTER_H
#define CLI_CLUSTER_H

#include "cli/cli.h"

int command_balance(const struct cli *cli);
int command_leader_get(const struct cli *cli);
int command_leader_promote(const struct cli *cli);
int command_stats_get(const struct cli *cli);
int command_hold(const struct cli *cli);
int command_state_check(const struct cli *cli);

#endif
