/*
 * Options. Invariant: every member gets its value from exactly one source, the first of command
 * line, environment, file and default that names it.
 */
#include "base/config.h"

#include "base/buf.h"
#include "base/memory.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The place of an option in the table; CONFIG_OPTION_COUNT if there is none of this name. */
static size_t
option_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < CONFIG_OPTION_COUNT; i++)
		if (strlen(config_options[i].name) == len &&
		    memcmp(config_options[i].name, name, len) == 0)
			break;
	return i;
}

/* Where the values of options come from. */
struct sources {
	const char *texts[CONFIG_OPTION_COUNT]; /* of the command line; NULL for one not given */
	json_t *file;                           /* NULL: there is none */
};

/* Reads the argument argv[0], and its value in argv[1] if it has one there: *used tells how many. */
static enum err
read_argument(struct sources *s, char **argv, int *used, char *why, size_t why_size)
{
	const char *name = argv[0], *eq, *next = argv[1];
	size_t at;

	*used = 1;
	if (argv[0][0] != '-' || argv[0][1] == '\0') {
		snprintf(why, why_size, "'%s' is not an option", argv[0]);
		return ERR_UNKNOWN_FIELD;
	}
	name += name[1] == '-' ? 2 : 1;
	eq = strchr(name, '=');
	at = option_find(name, eq != NULL ? (size_t)(eq - name) : strlen(name));
	if (at == CONFIG_OPTION_COUNT) {
		snprintf(why, why_size, "there is no option '%s'; see -help", argv[0]);
		return ERR_UNKNOWN_FIELD;
	}
	if (eq != NULL) {
		s->texts[at] = eq + 1;
	} else if (config_options[at].kind == KIND_BOOL &&
	    (next == NULL || (strcmp(next, "true") != 0 && strcmp(next, "false") != 0))) {
		s->texts[at] = "true";
	} else if (next != NULL) {
		s->texts[at] = next;
		*used = 2;
	} else {
		snprintf(why, why_size, "%s: a value must follow", config_options[at].name);
		return ERR_INVALID_FIELD;
	}
	return ERR_OK;
}

/*
 * True for "tcp://10.0.0.1:8151". Kubernetes sets MUSTER_PORT to that where a service is called muster:
 * it is not meant for us.
 */
static bool
is_service_link(const struct option *o, const char *text)
{
	static const char *const protocols[] = { "tcp://", "udp://", "sctp://" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(protocols); i++)
		if (strncmp(text, protocols[i], strlen(protocols[i])) == 0)
			return o->kind == KIND_INT;
	return false;
}

/* The value of MUSTER_NAME, NULL if it is not set. */
static const char *
read_env(const struct option *o)
{
	char name[64];
	const char *value;
	int n = snprintf(name, sizeof(name), "MUSTER_%s", o->name), i;

	for (i = 0; i < n; i++)
		name[i] = name[i] == '-' ? '_' : (char)toupper((unsigned char)name[i]);
	value = getenv(name);
	return value != NULL && !is_service_link(o, value) ? value : NULL;
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
		if (option_find(key, strlen(key)) == CONFIG_OPTION_COUNT) {
			snprintf(why, why_size, "config: %s: there is no option '%s'", path, key);
			return ERR_UNKNOWN_FIELD;
		}
	}
	return ERR_OK;
}

/* Reads an option's value in the file into `text`. *found tells whether the file has one. */
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

/*
 * Reads the command line and the file. `s` is to be ended with sources_fini also after a failure; it
 * then has what can be read.
 */
static enum err
sources_init(struct sources *s, int argc, char **argv, char *why, size_t why_size)
{
	enum err e = ERR_OK;
	const char *path;
	char more[1]; /* only the first failure is told */
	int i, used;

	memset(s, 0, sizeof(*s));
	for (i = 1; i < argc && e == ERR_OK; i += used)
		e = read_argument(s, argv + i, &used, why, why_size);
	for (; i < argc; i += used)
		(void)!read_argument(s, argv + i, &used, more, sizeof(more));
	path = s->texts[CONFIG_OPTION_config];
	if (path == NULL)
		path = read_env(&config_options[CONFIG_OPTION_config]);
	if (e == ERR_OK && path != NULL && *path != '\0')
		e = read_file(&s->file, path, why, why_size);
	return e;
}

static void
sources_fini(struct sources *s)
{
	json_decref(s->file);
}

/* Sets an option from the first source that names it. */
static enum err
set_from(const struct sources *s, struct config *c, size_t i, char *why, size_t why_size)
{
	const struct option *o = &config_options[i];
	const char *from = s->texts[i] != NULL ? s->texts[i] : read_env(o);
	struct buf text = BUF_INIT;
	bool found = false;
	enum err e = ERR_OK;

	if (from == NULL)
		e = file_text(s->file, o, &text, &found, why, why_size);
	if (found)
		from = buf_str(&text);
	if (e == ERR_OK)
		e = config_option_set(c, o, from != NULL ? from : o->value, why, why_size);
	buf_fini(&text);
	return e;
}

enum err
config_init(struct config *c, int argc, char **argv, char *why, size_t why_size)
{
	struct sources s;
	enum err e;
	size_t i;

	memset(c, 0, sizeof(*c));
	e = sources_init(&s, argc, argv, why, why_size);
	for (i = 0; i < CONFIG_OPTION_COUNT && e == ERR_OK; i++)
		e = set_from(&s, c, i, why, why_size);
	sources_fini(&s);
	if (e != ERR_OK)
		config_fini(c);
	return e;
}

bool
config_logs_json(int argc, char **argv)
{
	struct config c = { 0 };
	struct sources s;
	char why[1]; /* config_init has told it */
	bool json;

	(void)!sources_init(&s, argc, argv, why, sizeof(why));
	json = set_from(&s, &c, CONFIG_OPTION_log_format, why, sizeof(why)) == ERR_OK &&
	    strcmp(c.log_format, "json") == 0;
	sources_fini(&s);
	config_fini(&c);
	return json;
}

void
config_fini(struct config *c)
{
	size_t i;

	for (i = 0; i < CONFIG_OPTION_COUNT; i++)
		if (config_option_is_text(&config_options[i]))
			free(*(char **)(void *)((char *)c + config_options[i].offset));
	memset(c, 0, sizeof(*c));
}

void
config_print_help(FILE *out)
{
	struct buf line = BUF_INIT;
	size_t i;

	for (i = 0; i < CONFIG_OPTION_COUNT; i++) {
		const struct option *o = &config_options[i];

		buf_reset(&line);
		buf_addf(&line, "  -%-19s %s", o->name, o->help);
		if (o->kind == KIND_CHOICE) {
			buf_add_str(&line, ": ");
			config_option_add_choices(&line, o);
		}
		if (o->kind != KIND_BOOL && *o->value != '\0')
			buf_addf(&line, " (%s)", o->value);
		fprintf(out, "%s\n", buf_str(&line));
	}
	buf_fini(&line);
}
