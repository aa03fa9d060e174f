/*
 * The options of a process, one row each in config.def: from the command line (-name value,
 * --name=value), the environment (MUSTER_NAME), a JSON file (-config), or the default, in this
 * order. Not responsible for what an option's text means to the part that it is for.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_TYPE_TEXT char *
#define CONFIG_TYPE_INT  int64_t
#define CONFIG_TYPE_MS   int64_t
#define CONFIG_TYPE_BOOL bool

struct config {
#define OPTION(kind, member, name, value, least, most, help) CONFIG_TYPE_##kind member;
#include "base/config.def"
#undef OPTION
};

/*
 * Reads all options. `argv` is main's. ERR_INVALID_FIELD, ERR_UNKNOWN_FIELD or ERR_INVALID_JSON
 * with a sentence that names the option in `why`; `c` then holds nothing. Free with config_fini.
 */
enum err config_init(
    struct config *c, int argc, char **argv, char *why, size_t why_size) MUST_CHECK;

/* Frees what the options hold. */
void config_fini(struct config *c);

/* Prints one line for each option. */
void config_print_help(FILE *out);

/*
 * Parses a duration: "250ms", "3s", "5m", "1h", or a plain number of milliseconds. Returns
 * milliseconds, or -1 where it is none.
 */
int64_t config_parse_ms(const char *text);

#endif
