/* The commands about agents. Each returns its exit status. */
#ifndef CLI_AGENTS_H
#define CLI_AGENTS_H

#include "cli/cli.h"

int command_agent_list(const struct cli *cli);
int command_agent_get(const struct cli *cli);
int command_agent_assign(const struct cli *cli);
int command_agent_update(const struct cli *cli);
int command_agent_release(const struct cli *cli);

#endif
