/*
 * The options of a process, one row each in config.def. A value comes from the command line
 * (-name value, --name=value), else from the environment (MUSTER_NAME), else from the JSON file
 * that -config names, else it is the default. What a row declares is checked here. What an
 * option's text means beyond that is checked by the part that uses it.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/config_option.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Reads all options into `c`, which config_fini frees. `argc` and `argv` are those of main. On
 * failure it returns ERR_INVALID_FIELD, ERR_INVALID_ID, ERR_UNKNOWN_FIELD or ERR_INVALID_JSON,
 * writes a sentence that names the option to `why`, and leaves nothing in `c` to free.
 */
enum err config_init(
    struct config *c, int argc, char **argv, char *why, size_t why_size) MUST_CHECK;

/*
 * Whether the log is to be JSON. For the time when config_init has failed: what can be read of the
 * options counts, although others are wrong.
 */
bool config_logs_json(int argc, char **argv);

/* Frees the texts in `c` and clears it. */
void config_fini(struct config *c);

/* Prints one line for each option to `out`. */
void config_print_help(FILE *out);

#endif
