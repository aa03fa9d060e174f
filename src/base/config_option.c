/* The options of config.def and the forms that their values may have. */
#include "base/config_option.h"

#include "base/choices.h"
#include "base/id.h"
#include "base/log.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct option config_options[CONFIG_OPTION_COUNT] = {
#define ANY
#define RANGE(from, to) .least = (from), .most = (to)
#define ONE_OF(...)                      \
	.choices = (const char *const[]) \
	{                                \
		__VA_ARGS__, NULL        \
	}
#define OPTION(kind, member, name, value, accepts, help) \
	{ name, value, help, offsetof(struct config, member), KIND_##kind, accepts },
#include "base/config.def"
#undef OPTION
#undef ONE_OF
#undef RANGE
#undef ANY
};

int64_t
config_option_parse_ms(const char *text)
{
	static const struct {
		const char *suffix;
		int64_t ms;
	} units[] = { { "", 1 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	char *end;
	long long n;
	size_t i;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (!isdigit((unsigned char)*text) || errno != 0 || n > INT32_MAX)
		return -1;
	for (i = 0; i < ARRAY_LEN(units); i++)
		if (strcmp(end, units[i].suffix) == 0)
			return n * units[i].ms;
	return -1;
}

static bool
parse_ms(const char *text, int64_t *out)
{
	*out = config_option_parse_ms(text);
	return *out >= 0;
}

static bool
parse_int(const char *text, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return isdigit((unsigned char)text[*text == '-']) && *end == '\0' && errno == 0;
}

bool
config_option_is_text(const struct option *o)
{
	return o->kind == KIND_TEXT || o->kind == KIND_ID || o->kind == KIND_CHOICE ||
	    o->kind == KIND_NUMBERS;
}

/* True if both are the same word. `text` may have '-' for '_'. */
static bool
is_word(const char *text, const char *word)
{
	while (*text != '\0' && (*text == *word || (*text == '-' && *word == '_'))) {
		text++;
		word++;
	}
	return *text == *word;
}

/* The choice that `text` is, or NULL. */
static const char *
find_choice(const struct option *o, const char *text)
{
	size_t i;

	for (i = 0; o->choices[i] != NULL; i++)
		if (is_word(text, o->choices[i]))
			return o->choices[i];
	return NULL;
}

void
config_option_add_choices(struct buf *b, const struct option *o)
{
	size_t i;

	for (i = 0; o->choices[i] != NULL; i++) {
		if (i > 0)
			buf_add_str(b, o->choices[i + 1] != NULL ? ", " : " or ");
		buf_add_str(b, o->choices[i]);
	}
}

/* True if `text` is three numbers within the option's range. */
static bool
is_numbers(const struct option *o, const char *text)
{
	enum { NUMBERS = 3 };
	char *end;
	int i;

	for (i = 1; i <= NUMBERS; i++, text = end + 1) {
		double n = strtod(text, &end);

		if (end == text || !(n >= (double)o->least && n <= (double)o->most) ||
		    *end != (i < NUMBERS ? ',' : '\0'))
			return false;
	}
	return true;
}

/* Sets an option that is kept as text: for a choice, the word as the row spells it. */
static enum err
set_text(char **member, const struct option *o, const char *text, char *why, size_t why_size)
{
	bool checked = *text != '\0' || *o->value != '\0';
	struct buf choices = BUF_INIT;

	if (checked && o->kind == KIND_ID && !id_valid(text, strlen(text))) {
		snprintf(why, why_size, "%s: '%s' does not match %s", o->name, text, ID_PATTERN);
		return ERR_INVALID_ID;
	}
	if (checked && o->kind == KIND_NUMBERS && !is_numbers(o, text)) {
		snprintf(why, why_size,
		    "%s: '%s' is not three numbers from %lld to %lld, separated by commas", o->name,
		    text, (long long)o->least, (long long)o->most);
		return ERR_INVALID_FIELD;
	}
	if (checked && o->kind == KIND_CHOICE && find_choice(o, text) == NULL) {
		config_option_add_choices(&choices, o);
		snprintf(why, why_size, "%s: '%s' is not %s", o->name, text, buf_str(&choices));
		buf_fini(&choices);
		return ERR_INVALID_FIELD;
	}
	*member = xstrdup(checked && o->kind == KIND_CHOICE ? find_choice(o, text) : text);
	return ERR_OK;
}

static enum err
set_bool(bool *member, const struct option *o, const char *text, char *why, size_t why_size)
{
	*member = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	if (*member || strcmp(text, "false") == 0 || strcmp(text, "0") == 0)
		return ERR_OK;
	snprintf(why, why_size, "%s: '%s' is neither true nor false", o->name, text);
	return ERR_INVALID_FIELD;
}

/* Sets a whole number or a duration. */
static enum err
set_number(int64_t *member, const struct option *o, const char *text, char *why, size_t why_size)
{
	bool is_ms = o->kind == KIND_MS;

	if (!(is_ms ? parse_ms(text, member) : parse_int(text, member)))
		snprintf(why, why_size, "%s: '%s' is not a %s", o->name, text,
		    is_ms ? "duration such as 250ms, 3s or 5m" : "whole number");
	else if (*member < o->least || *member > o->most)
		snprintf(why, why_size, "%s: %s is not between %lld and %lld%s", o->name, text,
		    (long long)o->least, (long long)o->most, is_ms ? " ms" : "");
	else
		return ERR_OK;
	return ERR_INVALID_FIELD;
}

enum err
config_option_set(
    struct config *c, const struct option *o, const char *text, char *why, size_t why_size)
{
	void *member = (char *)c + o->offset;

	if (config_option_is_text(o))
		return set_text(member, o, text, why, why_size);
	if (o->kind == KIND_BOOL)
		return set_bool(member, o, text, why, why_size);
	return set_number(member, o, text, why, why_size);
}
