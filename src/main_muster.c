/* muster: the command line for a cluster. */
#include "cli/commands.h"

int
main(int argc, char **argv)
{
	return commands_run(argc, argv);
}
