/* Reads the command line. Invariant: no option is set twice, unless it is a list. */
#include "cli/options.h"

#include <string.h>

enum kind { KIND_FLAG, KIND_TEXT, KIND_LIST };

static const struct option {
	const char *name, *value, *help;
	size_t offset;
	enum kind kind;
} options[] = {
#define OPTION(kind, member, name, value, help) \
	{ name, value, help, offsetof(struct options, member), KIND_##kind },
#include "cli/options.def"
#undef OPTION
};

static bool *
flag_of(struct options *o, const struct option *option)
{
	return (bool *)(void *)((char *)o + option->offset);
}

static const char **
text_of(struct options *o, const struct option *option)
{
	return (const char **)(void *)((char *)o + option->offset);
}

static struct option_list *
list_of(struct options *o, const struct option *option)
{
	return (struct option_list *)(void *)((char *)o + option->offset);
}

static bool
is_given(const struct options *o, const struct option *option)
{
	const void *member = (const char *)o + option->offset;

	return option->kind == KIND_FLAG ? *(const bool *)member
	    : option->kind == KIND_LIST  ? ((const struct option_list *)member)->n > 0
	                                 : *(const char *const *)member != NULL;
}

static const struct option *
option_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(options); i++)
		if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
			return &options[i];
	return NULL;
}

/* Sets the option, or adds to it. Returns false if it has as many values as it may have. */
static bool
set_text(struct options *o, const struct option *option, const char *text)
{
	struct option_list *list;

	if (option->kind != KIND_LIST) {
		*text_of(o, option) = text;
		return true;
	}
	list = list_of(o, option);
	if (list->n == LIST_MAX)
		return false;
	list->texts[list->n++] = text;
	return true;
}

/* Reads the option in `arg`. `next` is the argument after it, NULL if there is none; *took says
 * whether it was used as the value. */
static enum err
read_option(
    struct options *o, const char *arg, const char *next, bool *took, char *why, size_t why_size)
{
	const char *name = arg + strspn(arg, "-"), *equals = strchr(name, '=');
	size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
	const char *value = equals != NULL ? equals + 1 : next;
	const struct option *option = option_find(name, len);

	*took = false;
	if (option == NULL) {
		snprintf(why, why_size, "unknown option '%s'", arg);
		return ERR_UNKNOWN_FIELD;
	}
	if (option->kind != KIND_LIST && is_given(o, option)) {
		snprintf(why, why_size, "-%s is given twice", option->name);
		return ERR_INVALID_FIELD;
	}
	if (option->kind == KIND_FLAG) {
		*flag_of(o, option) = true;
		if (equals == NULL)
			return ERR_OK;
		snprintf(why, why_size, "-%s takes no value", option->name);
		return ERR_INVALID_FIELD;
	}
	*took = equals == NULL;
	if (value == NULL || *value == '\0') {
		snprintf(why, why_size, "-%s: a value is expected", option->name);
		return ERR_MISSING_FIELD;
	}
	if (set_text(o, option, value))
		return ERR_OK;
	snprintf(why, why_size, "-%s is given more than %d times", option->name, LIST_MAX);
	return ERR_INVALID_FIELD;
}

enum err
options_init(struct options *o, int argc, char **argv, char *why, size_t why_size)
{
	bool took = false, words_alone = false;
	enum err e = ERR_OK;
	int i;

	memset(o, 0, sizeof(*o));
	for (i = 1; i < argc && e == ERR_OK; i += 1 + took) {
		took = false;
		if (!words_alone && strcmp(argv[i], "--") == 0) {
			words_alone = true;
		} else if (!words_alone && argv[i][0] == '-') {
			e = read_option(
			    o, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &took, why, why_size);
		} else if (o->n_words == WORDS_MAX) {
			snprintf(why, why_size, "unexpected argument '%s'", argv[i]);
			e = ERR_INVALID_FIELD;
		} else {
			o->words[o->n_words++] = argv[i];
		}
	}
	return e;
}

/* True if `name` is a word of the space-separated list. */
static bool
is_in(const char *names, const char *name)
{
	size_t len = strlen(name);

	while (*names != '\0') {
		size_t n = strcspn(names, " ");

		if (n == len && memcmp(names, name, n) == 0)
			return true;
		names += n + (names[n] == ' ');
	}
	return false;
}

const char *
options_beyond(const struct options *o, const char *names, const char *more)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(options); i++)
		if (is_given(o, &options[i]) && !is_in(names, options[i].name) &&
		    !is_in(more, options[i].name))
			return options[i].name;
	return NULL;
}

void
options_print(FILE *out, const char *names)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(options); i++) {
		const struct option *o = &options[i];
		char left[40];

		if (!is_in(names, o->name))
			continue;
		snprintf(left, sizeof(left), "-%s %s", o->name, o->value);
		fprintf(out, "  %-18s %s\n", left, o->help);
	}
}
