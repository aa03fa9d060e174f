/*
 * Bodies. Most are one flat object of short texts and numbers, which is parsed here without
 * copying. All others are parsed by jansson, and only jansson decides that a body is invalid.
 * Invariant: jansson would read a body that is parsed here in the same way.
 */
#include "api/body.h"

#include "base/json.h"

#include <string.h>

enum {
	DIGITS_MAX = 15,   /* any number with so few digits is exact in a double */
	DIGITS_SHOWN = 10, /* digits of a real number that are passed on */
};

static const char *
skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n')
		s++;
	return s;
}

/* Reads a text without escapes. Returns what follows, NULL if there is no such text. */
static const char *
take_text(const char *s, const char *end, const char **text, size_t *len)
{
	if (*s != '"')
		return NULL;
	*text = s + 1;
	*len = json_plain_length(s + 1, (size_t)(end - s - 1));
	s += 1 + *len;
	return *s == '"' ? s + 1 : NULL;
}

/* Reads a number without sign and exponent. Returns what follows, NULL if there is none. */
static const char *
take_number(const char *s, struct body_value *v)
{
	static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15 };
	const char *start = s, *point = NULL, *last = s;
	size_t digits = 0;
	int64_t n = 0;

	for (; (*s >= '0' && *s <= '9') || (*s == '.' && point == NULL && digits > 0); s++) {
		if (*s == '.') {
			point = s;
			continue;
		}
		if (++digits > DIGITS_MAX)
			return NULL;
		n = n * 10 + (*s - '0');
		/* Zeros at the end of a real number are not passed on. */
		if (point == NULL || *s != '0')
			last = s;
	}
	if (digits == 0 || s[-1] == '.' || *s == 'e' || *s == 'E' ||
	    (*start == '0' && s > start + 1 && point != start + 1))
		return NULL;
	v->kind = point == NULL ? BODY_INT : BODY_REAL;
	v->integer = n;
	v->number = (double)n / powers[point == NULL ? 0 : s - point - 1];
	v->len = (size_t)(last + 1 - start);
	if (v->len <= DIGITS_SHOWN && (n == 0 || v->number >= 1e-4))
		v->text = start;
	return s;
}

static const char *
take_value(const char *s, const char *end, struct body_value *v)
{
	if (*s == '"') {
		v->kind = BODY_TEXT;
		return take_text(s, end, &v->text, &v->len);
	}
	if (strncmp(s, "true", 4) == 0 || strncmp(s, "false", 5) == 0) {
		v->kind = BODY_BOOL;
		v->truth = *s == 't';
		return s + (v->truth ? 4 : 5);
	}
	return take_number(s, v);
}

/* Reads a plain body. False if it is not plain, or perhaps invalid. */
static bool
read_plain(const char *s, const char *end, const struct in_field *fields, size_t n,
    struct body_value *values)
{
	s = skip_blanks(s);
	if (*s != '{')
		return false;
	do {
		const char *name;
		size_t len, i;

		s = take_text(skip_blanks(s + 1), end, &name, &len);
		if (s == NULL || *(s = skip_blanks(s)) != ':')
			return false;
		for (i = 0; i < n; i++)
			if (strncmp(fields[i].name, name, len) == 0 && fields[i].name[len] == '\0')
				break;
		if (i == n || values[i].kind != BODY_ABSENT)
			return false;
		s = take_value(skip_blanks(s + 1), end, &values[i]);
		if (s == NULL)
			return false;
		s = skip_blanks(s);
	} while (*s == ',');
	return *s == '}' && skip_blanks(s + 1) == end;
}

static struct body_value
value_of(json_t *v)
{
	struct body_value value = { .kind = BODY_OTHER, .tree = v };

	if (v == NULL) {
		value.kind = BODY_ABSENT;
	} else if (json_is_string(v)) {
		value.kind = BODY_TEXT;
		value.text = json_string_value(v);
		value.len = json_string_length(v);
	} else if (json_is_number(v)) {
		value.kind = json_is_integer(v) ? BODY_INT : BODY_REAL;
		value.integer = json_integer_value(v);
		value.number = json_number_value(v);
	} else if (json_is_boolean(v)) {
		value.kind = BODY_BOOL;
		value.truth = json_is_true(v);
	}
	return value;
}

/* What is wrong, where jansson's own words tell of jansson instead of the text. */
static const char *
parse_sentence(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_invalid_utf8:
		return "the text is not valid UTF-8";
	case json_error_stack_overflow:
		return "arrays and objects are nested too deeply";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "\\u0000 is not allowed";
	case json_error_premature_end_of_input:
		return "the text ends too early";
	case json_error_end_of_input_expected:
		return "something follows the value";
	case json_error_invalid_syntax:
	case json_error_duplicate_key:
		return error->text;
	default:
		return "the text cannot be read";
	}
}

/*
 * Says why jansson could not read the text. A number that is too large for any type is a field out of
 * range: its name is looked up in the text before the error.
 */
static void
fail_parse(struct args *a, const char *text, const json_error_t *error)
{
	size_t end = (size_t)error->position, start;

	if (json_error_code(error) == json_error_numeric_overflow) {
		while (end > 0 && text[end - 1] != ':')
			end--;
		while (end > 0 && text[end - 1] != '"')
			end--;
		for (start = end; start > 1 && text[start - 2] != '"'; start--)
			continue;
		if (end > 1 && start > 1) {
			args_fail(a, ERR_INVALID_FIELD, "%.*s: the number is out of range",
			    (int)(end - start), text + start - 1);
			return;
		}
	}
	args_fail(a, ERR_INVALID_JSON, "line %d, column %d: %s", error->line, error->column,
	    parse_sentence(error));
}

void
body_object(struct args *a, json_t *object, const struct in_field *fields, size_t n,
    struct body_value *values)
{
	const char *key;
	json_t *value;
	size_t i;

	if (!json_is_object(object))
		args_fail(a, ERR_INVALID_JSON, "the body must be a JSON object");
	json_object_foreach(object, key, value)
	{
		for (i = 0; i < n && strcmp(fields[i].name, key) != 0; i++)
			continue;
		if (i == n)
			args_fail(a, ERR_UNKNOWN_FIELD, "%.128s: there is no such field", key);
	}
	for (i = 0; i < n; i++)
		values[i] = value_of(json_object_get(object, fields[i].name));
}

json_t *
body_read(struct args *a, const char *text, size_t len, const struct in_field *fields, size_t n,
    struct body_value *values)
{
	json_error_t error;
	json_t *body;

	memset(values, 0, n * sizeof(*values));
	if (read_plain(text, text + len, fields, n, values) || skip_blanks(text) == text + len)
		return NULL;
	body = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (body == NULL) {
		fail_parse(a, text, &error);
		return NULL;
	}
	body_object(a, body, fields, n, values);
	return body;
}
