/* The command that follows events. It returns its exit status. */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include "cli/cli.h"

int command_event_list(const struct cli *cli);

#endif
