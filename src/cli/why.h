/* The command that tells why an agent is where it is. Returns its exit status. */
#ifndef CLI_WHY_H
#define CLI_WHY_H

#include "cli/cli.h"

int command_agent_why(const struct cli *cli);

#endif
