/* Finds the command that the words on the command line name, and runs it. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

/* Runs the command that argv names. Returns the exit status, one of enum cli_status. */
int commands_run(int argc, char **argv);

#endif
