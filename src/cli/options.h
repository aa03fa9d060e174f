/* The parsed command line: options by name, and the words between them. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { WORDS_MAX = 6, LIST_MAX = 64 };

/* The values of an option that may be repeated, in their order. Borrowed from argv. */
struct option_list {
	const char *texts[LIST_MAX];
	size_t n;
};

/* An option that was not given is NULL, false or without values. Texts are borrowed from argv. */
struct options {
#define OPTION_FLAG                             bool
#define OPTION_TEXT                             const char *
#define OPTION_LIST                             struct option_list
#define OPTION(kind, member, name, value, help) OPTION_##kind member;
#include "cli/options.def"
#undef OPTION
#undef OPTION_FLAG
#undef OPTION_TEXT
#undef OPTION_LIST
	const char *words[WORDS_MAX];
	size_t n_words;
};

/* Reads argv[1] and the rest. On failure, writes a sentence to `why`. */
enum err options_init(
    struct options *o, int argc, char **argv, char *why, size_t why_size) MUST_CHECK;

/* The name of the first option that was given but is in neither of the two space-separated lists;
 * NULL if there is none. Static. */
const char *options_beyond(const struct options *o, const char *names, const char *more);

/* Prints the help of the options in the space-separated list. */
void options_print(FILE *out, const char *names);

#endif
