/* Reads the options that say what an agent needs. */
#ifndef CLI_TERMS_H
#define CLI_TERMS_H

#include "cli/cli.h"

/*
 * Sets *terms to what the options ask for, to be freed in any case. Returns CLI_GOOD; or prints which
 * option is wrong and returns CLI_USAGE.
 */
int terms_read(const struct cli *cli, muster_terms **terms);

/* Reads the value of -priority; -1 if it was not given. Returns as terms_read does. */
int terms_read_priority(const struct cli *cli, int *priority);

#endif
