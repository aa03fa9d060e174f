/* All commands; their table is in commands.c. Each command returns its exit status. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

/* Runs the command that argv names. Returns the exit status, one of enum cli_status. */
int commands_run(int argc, char **argv);

int command_node_list(const struct cli *cli);
int command_node_get(const struct cli *cli);
int command_node_drain(const struct cli *cli);
int command_node_undrain(const struct cli *cli);
int command_node_leave(const struct cli *cli);

int command_agent_list(const struct cli *cli);
int command_agent_get(const struct cli *cli);
int command_agent_assign(const struct cli *cli);
int command_agent_release(const struct cli *cli);

int command_balance(const struct cli *cli);
int command_leader_get(const struct cli *cli);
int command_leader_promote(const struct cli *cli);
int command_stats_get(const struct cli *cli);
int command_hold(const struct cli *cli);
int command_state_check(const struct cli *cli);

int command_event_list(const struct cli *cli);
int command_top(const struct cli *cli);

#endif
