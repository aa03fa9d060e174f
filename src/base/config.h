/*
 * The options of musterd, one row each in config.def. A value comes from the command line (-name
 * value, --name=value), else from the environment (MUSTER_NAME), else from a JSON file (-config),
 * else it is the default. Not responsible for what the text of an option means: the part of the
 * program that uses it checks that.
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
 * Reads all options. `argc` and `argv` are main's. Free the result with config_fini. On failure
 * returns ERR_INVALID_FIELD, ERR_UNKNOWN_FIELD or ERR_INVALID_JSON with a sentence that names the
 * option in `why`; `c` then holds nothing.
 */
enum err config_init(
    struct config *c, int argc, char **argv, char *why, size_t why_size) MUST_CHECK;

/* Frees the values. */
void config_fini(struct config *c);

/* Prints one line for each option, with its default. */
void config_print_help(FILE *out);

/*
 * Parses a duration: "250ms", "3s", "5m", "1h", or a plain number of milliseconds. Returns
 * milliseconds, or -1 if `text` is no duration.
 */
int64_t config_parse_ms(const char *text);

#endif
