/*
 * The options of a process, one row each in config.def. A value comes from the command line
 * (-name value, --name=value), else from the environment (MUSTER_NAME), else from the JSON file
 * that -config names, else it is the default. What a row declares is checked here. What an
 * option's text means beyond that is checked by the part that uses it.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_TYPE_TEXT    char *
#define CONFIG_TYPE_ID      char *
#define CONFIG_TYPE_CHOICE  char *
#define CONFIG_TYPE_NUMBERS char *
#define CONFIG_TYPE_INT     int64_t
#define CONFIG_TYPE_MS      int64_t
#define CONFIG_TYPE_BOOL    bool

enum { WORKERS_MAX = 64 };

struct config {
#define OPTION(kind, member, name, value, accepts, help) CONFIG_TYPE_##kind member;
#include "base/config.def"
#undef OPTION
};

/*
 * Reads all options into `c`, which config_fini frees. `argc` and `argv` are those of main. On
 * failure it returns ERR_INVALID_FIELD, ERR_INVALID_ID, ERR_UNKNOWN_FIELD or ERR_INVALID_JSON,
 * writes a sentence that names the option to `why`, and leaves nothing in `c` to free.
 */
enum err config_init(
    struct config *c, int argc, char **argv, char *why, size_t why_size) MUST_CHECK;

/* Frees the texts in `c` and clears it. */
void config_fini(struct config *c);

/* Prints one line for each option to `out`. */
void config_print_help(FILE *out);

/*
 * Parses a duration: "250ms", "3s", "5m", "1h", or a plain number of milliseconds, with a number
 * of at most 2147483647. Returns milliseconds, or -1 when `text` is not a duration.
 */
int64_t config_parse_ms(const char *text);

#endif
