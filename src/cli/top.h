/* The live view. It returns its exit status. */
#ifndef CLI_TOP_H
#define CLI_TOP_H

#include "cli/cli.h"

int command_top(const struct cli *cli);

#endif
