/*
 * The rows of config.def: the member of struct config that each has, and what its value may be. Not
 * responsible for where a value comes from.
 */
#ifndef BASE_CONFIG_OPTION_H
#define BASE_CONFIG_OPTION_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

enum kind { KIND_TEXT, KIND_ID, KIND_CHOICE, KIND_NUMBERS, KIND_INT, KIND_MS, KIND_BOOL };

struct option {
	const char *name;
	const char *value; /* the default */
	const char *help;
	size_t offset;
	enum kind kind;
	int64_t least, most;
	const char *const *choices; /* NULL at the end */
};

enum {
#define OPTION(kind, member, name, value, accepts, help) CONFIG_OPTION_##member,
#include "base/config.def"
#undef OPTION
	CONFIG_OPTION_COUNT
};

/* All options, in the order of config.def. */
extern const struct option config_options[CONFIG_OPTION_COUNT];

/* True if the value is kept as text, which config_fini frees. */
bool config_option_is_text(const struct option *o);

/* Appends the choices of an option: "a, b or c". */
void config_option_add_choices(struct buf *b, const struct option *o);

/*
 * Checks `text` and sets the member of `c` that belongs to the option. On failure returns
 * ERR_INVALID_FIELD or ERR_INVALID_ID and writes a sentence that names the option to `why`.
 */
enum err config_option_set(struct config *c, const struct option *o, const char *text, char *why,
    size_t why_size) MUST_CHECK;

/*
 * Parses a duration: "250ms", "3s", "5m", "1h", or a plain number of milliseconds, with a number
 * of at most 2147483647. Returns milliseconds, or -1 when `text` is not a duration.
 */
int64_t config_option_parse_ms(const char *text);

#endif
