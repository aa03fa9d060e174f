/*
 * The fields of a JSON body, checked and appended. Invariant: while nothing has failed, exactly one
 * argument has been appended for each field of the table, "" for one that is absent.
 */
#include "api/args_body.h"

#include "api/body.h"
#include "base/buf.h"
#include "base/id.h"

#include <arpa/inet.h>
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 256 };

static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* Appends a text, and checks it there, because arguments end in a NUL. */
static void
add_text(struct args *a, const struct in_field *f, const struct body_value *v)
{
	unsigned char address[sizeof(struct in6_addr)];
	const char *s;

	if (v->kind != BODY_TEXT) {
		args_fail(a, ERR_INVALID_FIELD, "%s: a string is expected", f->name);
		return;
	}
	script_args_add(&a->script, f->arg, v->text, v->len);
	s = args_get(a, f->arg);
	switch (f->kind) {
	case IN_ID_OPT:
	case IN_ID:
		if (!(f->kind == IN_ID_OPT && v->len == 0) && !id_valid(s, v->len))
			args_fail(a, ERR_INVALID_ID, "%s: an id matches %s", f->name, ID_PATTERN);
		break;
	case IN_ADDRESS:
		if (inet_pton(AF_INET, s, address) != 1 && inet_pton(AF_INET6, s, address) != 1)
			args_fail(a, ERR_INVALID_FIELD, "%s: an IPv4 or IPv6 address is expected",
			    f->name);
		break;
	case IN_CHOICE:
		if (!args_is_choice(s, f->choices))
			args_fail(
			    a, ERR_INVALID_FIELD, "%s: one of %s is expected", f->name, f->choices);
		break;
	default:
		if (v->len == 0 || v->len > (size_t)f->most || has_control(s))
			args_fail(a, ERR_INVALID_FIELD,
			    "%s: 1 to %.0f bytes without control characters are expected", f->name,
			    f->most);
		break;
	}
}

/* True for 10, and also for 10.0 and 1e1. */
static bool
is_whole(const struct body_value *v)
{
	return v->kind == BODY_INT || (v->kind == BODY_REAL && v->number == trunc(v->number));
}

/* Appends a number, as it was written if possible. */
static void
add_number(struct args *a, const struct in_field *f, const struct body_value *v)
{
	double n = v->number;

	if (f->kind == IN_INT ? !is_whole(v) : v->kind != BODY_INT && v->kind != BODY_REAL)
		args_fail(a, ERR_INVALID_FIELD, "%s: a %snumber is expected", f->name,
		    f->kind == IN_INT ? "whole " : "");
	else if (!(n >= f->least && n <= f->most))
		args_fail(a, ERR_INVALID_FIELD, "%s: a number from %.0f to %.0f is expected",
		    f->name, f->least, f->most);
	else if (f->kind == IN_INT && v->kind == BODY_REAL)
		args_int(a, f->arg, (int64_t)n);
	else if (v->text != NULL)
		script_args_add(&a->script, f->arg, v->text, v->len);
	else if (f->kind == IN_INT)
		script_args_addf(&a->script, f->arg, "%" JSON_INTEGER_FORMAT, v->integer);
	else
		script_args_addf(&a->script, f->arg, "%.10g", n);
}

/* Appends an array of ids as a list with commas, without repeats. */
static void
add_ids(struct args *a, const struct in_field *f, json_t *v)
{
	struct buf list = BUF_INIT;
	size_t i, k;
	json_t *item;

	if (!json_is_array(v) || json_array_size(v) > (size_t)f->most) {
		args_fail(a, ERR_INVALID_FIELD, "%s: an array of at most %.0f ids is expected",
		    f->name, f->most);
		return;
	}
	json_array_foreach(v, i, item)
	{
		const char *s = json_string_value(item);

		if (s == NULL)
			args_fail(
			    a, ERR_INVALID_FIELD, "%s: an array of strings is expected", f->name);
		else if (!id_valid(s, strlen(s)))
			args_fail(a, ERR_INVALID_ID, "%s: an id matches %s", f->name, ID_PATTERN);
		if (a->failed != ERR_OK)
			break;
		for (k = 0; k < i; k++)
			if (json_equal(item, json_array_get(v, k)))
				break;
		if (k == i)
			buf_addf(&list, "%s%s", list.len > 0 ? "," : "", s);
	}
	args_text(a, f->arg, buf_str(&list));
	buf_fini(&list);
}

/* Appends an object of strings as JSON, "" if it is empty. */
static void
add_map(struct args *a, const struct in_field *f, json_t *v)
{
	const char *key;
	json_t *value;
	char *text;

	if (!json_is_object(v)) {
		args_fail(a, ERR_INVALID_FIELD, "%s: an object is expected", f->name);
		return;
	}
	if (f->kind == IN_LABELS && json_object_size(v) > (size_t)f->most)
		args_fail(a, ERR_INVALID_FIELD, "%s: at most %.0f are expected", f->name, f->most);
	json_object_foreach(v, key, value)
	{
		if (f->kind == IN_LABELS && !id_valid(key, strlen(key)))
			args_fail(a, ERR_INVALID_ID, "%s: an id matches %s", f->name, ID_PATTERN);
		else if (!json_is_string(value))
			args_fail(a, ERR_INVALID_FIELD, "%s: all values must be strings", f->name);
		else if (f->kind == IN_LABELS && json_string_length(value) > LABEL_MAX)
			args_fail(a, ERR_INVALID_FIELD, "%s: a value has at most %d bytes", f->name,
			    LABEL_MAX);
	}
	text = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS);
	if (f->kind == IN_STRINGS && strlen(text) > (size_t)f->most)
		args_fail(a, ERR_INVALID_FIELD, "%s: at most %.0f bytes as JSON are expected",
		    f->name, f->most);
	args_text(a, f->arg, strcmp(text, "{}") == 0 ? "" : text);
	free(text);
}

/* Appends the value of a field. Nothing has failed so far. */
static void
add_field(struct args *a, const struct in_field *f, const struct body_value *v)
{
	if (v->kind == BODY_ABSENT) {
		if (f->required)
			args_fail(a, ERR_MISSING_FIELD, "%s: it is required", f->name);
		script_args_add(&a->script, f->arg, "", 0);
		return;
	}
	switch (f->kind) {
	case IN_ID:
	case IN_ID_OPT:
	case IN_TEXT:
	case IN_ADDRESS:
	case IN_CHOICE:
		add_text(a, f, v);
		break;
	case IN_INT:
	case IN_REAL:
		add_number(a, f, v);
		break;
	case IN_BOOL:
		if (v->kind != BODY_BOOL)
			args_fail(a, ERR_INVALID_FIELD, "%s: true or false is expected", f->name);
		args_text(a, f->arg, v->truth ? "1" : "0");
		break;
	case IN_IDS:
		add_ids(a, f, v->tree);
		break;
	case IN_LABELS:
	case IN_STRINGS:
		add_map(a, f, v->tree);
		break;
	}
}

/* Sets the digest of the arguments from `first` on. Their NULs keep them apart. */
static void
digest_fields(struct args *a, size_t first)
{
	size_t last, from;

	if (a->script.count == first)
		return;
	last = a->script.count - 1;
	from = a->script.arg[first].at;
	args_digest(a, script_args_get(&a->script, first),
	    a->script.arg[last].at + a->script.arg[last].len + 1 - from);
}

void
args_body(struct args *a, const struct request *rq, const struct in_field *fields, size_t n)
{
	struct body_value values[SCRIPT_ARGS_MAX];
	size_t len, i, first = a->script.count;
	const char *text = request_body(rq, &len);
	json_t *body;

	assert(n <= ARRAY_LEN(values));
	body = body_read(a, text, len, fields, n, values);
	for (i = 0; i < n && a->failed == ERR_OK; i++)
		add_field(a, &fields[i], &values[i]);
	if (a->failed == ERR_OK && request_has_idempotency_key(rq))
		digest_fields(a, first);
	json_decref(body);
}

void
args_object(
    struct args *a, json_t *object, const struct in_field *fields, size_t n, const char *where)
{
	struct body_value values[SCRIPT_ARGS_MAX];
	enum err before = a->failed;
	char detail[sizeof(a->detail)];
	size_t i;

	assert(n <= ARRAY_LEN(values));
	body_object(a, object, fields, n, values);
	for (i = 0; i < n && a->failed == ERR_OK; i++)
		add_field(a, &fields[i], &values[i]);
	if (before == ERR_OK && a->failed != ERR_OK) {
		snprintf(detail, sizeof(detail), "%s", a->detail);
		snprintf(a->detail, sizeof(a->detail), "%s%.*s", where,
		    (int)(sizeof(a->detail) - strlen(where) - 1), detail);
	}
}
