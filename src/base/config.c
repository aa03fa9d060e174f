/*
 * Options. Invariant: every member gets its value from exactly one source, the first of command
 * line, environment, file and default that has the option.
 */
#include "base/config.h"

#include "base/buf.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_INT, KIND_MS, KIND_BOOL };

static const struct option {
	const char *name;
	const char *value; /* the default */
	const char *help;
	size_t offset;
	int64_t least, most;
	enum kind kind;
} options[] = {
#define OPTION(kind, member, name, value, least, most, help) \
	{ name, value, help, offsetof(struct config, member), least, most, KIND_##kind },
#include "base/config.def"
#undef OPTION
};

enum { N = ARRAY_LEN(options) };

int64_t
config_parse_ms(const char *text)
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

static int
parse_int(const char *text, int64_t *out)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (!isdigit((unsigned char)text[*text == '-']) || *end != '\0' || errno != 0)
		return -1;
	*out = n;
	return 0;
}

/* Parses `text` and sets the option. */
static enum err
option_set(struct config *c, const struct option *o, const char *text, char *why, size_t why_size)
{
	char *member = (char *)c + o->offset;
	int64_t n = 0;
	bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	bool no = strcmp(text, "false") == 0 || strcmp(text, "0") == 0;

	switch (o->kind) {
	case KIND_TEXT:
		free(*(char **)(void *)member);
		*(char **)(void *)member = xstrdup(text);
		return ERR_OK;
	case KIND_BOOL:
		if (yes || no) {
			*(bool *)member = yes;
			return ERR_OK;
		}
		snprintf(why, why_size, "%s: '%s' is neither true nor false", o->name, text);
		return ERR_INVALID_FIELD;
	case KIND_MS:
		if ((n = config_parse_ms(text)) < 0) {
			snprintf(why, why_size, "%s: '%s' is no duration such as 250ms, 3s or 5m",
			    o->name, text);
			return ERR_INVALID_FIELD;
		}
		break;
	case KIND_INT:
		if (parse_int(text, &n) < 0) {
			snprintf(why, why_size, "%s: '%s' is no whole number", o->name, text);
			return ERR_INVALID_FIELD;
		}
		break;
	}
	if (n < o->least || n > o->most) {
		snprintf(why, why_size, "%s: %s is not between %lld and %lld%s", o->name, text,
		    (long long)o->least, (long long)o->most, o->kind == KIND_MS ? " ms" : "");
		return ERR_INVALID_FIELD;
	}
	*(int64_t *)(void *)member = n;
	return ERR_OK;
}

/* The place of an option in the table; N if there is none of this name. */
static size_t
option_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < N; i++)
		if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
			break;
	return i;
}

/* Reads the command line into texts[], one for each option; NULL for one that is not given. */
static enum err
read_argv(const char *texts[N], int argc, char **argv, char *why, size_t why_size)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *name = argv[i], *eq;
		size_t at;

		if (name[0] != '-' || name[1] == '\0') {
			snprintf(why, why_size, "'%s' is no option", argv[i]);
			return ERR_UNKNOWN_FIELD;
		}
		name += name[1] == '-' ? 2 : 1;
		eq = strchr(name, '=');
		at = option_find(name, eq != NULL ? (size_t)(eq - name) : strlen(name));
		if (at == N) {
			snprintf(why, why_size, "there is no option '%s'; see -help", argv[i]);
			return ERR_UNKNOWN_FIELD;
		}
		if (eq != NULL) {
			texts[at] = eq + 1;
		} else if (options[at].kind == KIND_BOOL) {
			bool given = i + 1 < argc &&
			    (strcmp(argv[i + 1], "true") == 0 || strcmp(argv[i + 1], "false") == 0);

			texts[at] = given ? argv[++i] : "true";
		} else if (i + 1 < argc) {
			texts[at] = argv[++i];
		} else {
			snprintf(why, why_size, "%s: a value must follow", options[at].name);
			return ERR_INVALID_FIELD;
		}
	}
	return ERR_OK;
}

/* The value of MUSTER_NAME, NULL if it is not set. */
static const char *
read_env(const struct option *o)
{
	char name[64];
	int n = snprintf(name, sizeof(name), "MUSTER_%s", o->name), i;

	for (i = 0; i < n; i++)
		name[i] = name[i] == '-' ? '_' : (char)toupper((unsigned char)name[i]);
	return getenv(name);
}

/* Reads the JSON file. `*file` is to be freed also after a failure. */
static enum err
read_file(json_t **file, const char *path, char *why, size_t why_size)
{
	json_error_t error;
	const char *key;
	json_t *value;

	*file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(*file)) {
		if (*file == NULL && error.line < 1)
			snprintf(why, why_size, "config: %s", error.text);
		else
			snprintf(why, why_size, "config: %s: line %d: %s", path, error.line,
			    *file == NULL ? error.text : "an object is expected");
		return ERR_INVALID_JSON;
	}
	json_object_foreach(*file, key, value)
	{
		if (option_find(key, strlen(key)) == N) {
			snprintf(why, why_size, "config: %s: there is no option '%s'", path, key);
			return ERR_UNKNOWN_FIELD;
		}
	}
	return ERR_OK;
}

/* Puts the option's value in the file into `text`; `*found` says whether there is one. */
static enum err
file_text(const json_t *file, const struct option *o, struct buf *text, bool *found, char *why,
    size_t why_size)
{
	const json_t *v = json_object_get(file, o->name);

	buf_reset(text);
	*found = v != NULL;
	if (json_is_string(v)) {
		buf_add_str(text, json_string_value(v));
	} else if (json_is_integer(v)) {
		buf_addf(text, "%lld", (long long)json_integer_value(v));
	} else if (json_is_boolean(v)) {
		buf_add_str(text, json_is_true(v) ? "true" : "false");
	} else if (v != NULL) {
		snprintf(why, why_size, "%s: a string, a whole number or a boolean is expected",
		    o->name);
		return ERR_INVALID_FIELD;
	}
	return ERR_OK;
}

enum err
config_init(struct config *c, int argc, char **argv, char *why, size_t why_size)
{
	const char *texts[N] = { NULL };
	struct buf text = BUF_INIT;
	json_t *file = NULL;
	size_t i, config_at = option_find("config", strlen("config"));
	const char *path;
	enum err e;

	memset(c, 0, sizeof(*c));
	if ((e = read_argv(texts, argc, argv, why, why_size)) != ERR_OK)
		goto cleanup;
	path = texts[config_at] != NULL ? texts[config_at] : read_env(&options[config_at]);
	if (path != NULL && *path != '\0' && (e = read_file(&file, path, why, why_size)) != ERR_OK)
		goto cleanup;
	for (i = 0; i < N && e == ERR_OK; i++) {
		const char *from = texts[i] != NULL ? texts[i] : read_env(&options[i]);
		bool found = false;

		if (from == NULL)
			e = file_text(file, &options[i], &text, &found, why, why_size);
		if (found)
			from = buf_str(&text);
		if (e == ERR_OK)
			e = option_set(
			    c, &options[i], from != NULL ? from : options[i].value, why, why_size);
	}
cleanup:
	json_decref(file);
	buf_fini(&text);
	if (e != ERR_OK)
		config_fini(c);
	return e;
}

void
config_fini(struct config *c)
{
	size_t i;

	for (i = 0; i < N; i++)
		if (options[i].kind == KIND_TEXT)
			free(*(char **)(void *)((char *)c + options[i].offset));
	memset(c, 0, sizeof(*c));
}

void
config_print_help(FILE *out)
{
	size_t i;

	for (i = 0; i < N; i++) {
		const struct option *o = &options[i];

		fprintf(out, "  -%-19s %s", o->name, o->help);
		if (o->kind != KIND_BOOL && *o->value != '\0')
			fprintf(out, " (%s)", o->value);
		fputc('\n', out);
	}
}
