/*
 * Input checking. Invariant: while nothing has failed, exactly one argument has been appended
 * for each field of every table walked.
 */
#include "api/args.h"

#include "api/body.h"
#include "base/buf.h"
#include "base/id.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 256 };

void
args_begin(struct args *a, enum script_id id)
{
	script_args_init(&a->script, id);
	a->failed = ERR_OK;
	a->watched = false;
	a->body_digest[0] = '\0';
}

void
args_watch(struct args *a, const char *types, const char *node_id, const char *agent_id)
{
	a->watched = true;
	text_copy(a->watch.types, sizeof(a->watch.types), types);
	text_copy(a->watch.node_id, sizeof(a->watch.node_id), node_id);
	text_copy(a->watch.agent_id, sizeof(a->watch.agent_id), agent_id);
}

void
args_fail(struct args *a, enum err e, const char *fmt, ...)
{
	va_list ap;

	if (a->failed != ERR_OK)
		return;
	a->failed = e;
	va_start(ap, fmt);
	vsnprintf(a->detail, sizeof(a->detail), fmt, ap);
	va_end(ap);
}

void
args_text(struct args *a, const char *text)
{
	if (a->failed == ERR_OK)
		script_args_add_str(&a->script, text);
}

void
args_int(struct args *a, int64_t n)
{
	struct buf text = BUF_INIT;

	buf_add_int(&text, n);
	args_text(a, text.data);
	buf_fini(&text);
}

const char *
args_get(const struct args *a, size_t i)
{
	return a->failed == ERR_OK ? script_args_get(&a->script, i) : "";
}

void
args_default(struct args *a, size_t i, const char *text)
{
	if (a->failed == ERR_OK && a->script.arg[i].len == 0)
		script_args_set(&a->script, i, text, strlen(text));
}

/* True where `s` is one of "a|b|c". */
static bool
is_choice(const char *s, const char *choices)
{
	size_t len = strlen(s);
	const char *p = choices;

	while (p != NULL && *p != '\0') {
		size_t n = strcspn(p, "|");

		if (n == len && memcmp(p, s, n) == 0)
			return true;
		p = p[n] == '|' ? p + n + 1 : NULL;
	}
	return false;
}

static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* Appends the text, and then judges the argument, which ends in a NUL. */
static void
add_text(struct args *a, const struct in_field *f, const struct body_value *v)
{
	unsigned char address[sizeof(struct in6_addr)];
	const char *s;

	if (v->kind != BODY_TEXT) {
		args_fail(a, ERR_INVALID_FIELD, "%s: a string is expected", f->name);
		return;
	}
	script_args_add(&a->script, v->text, v->len);
	s = args_get(a, a->script.count - 1);
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
		if (!is_choice(s, f->choices))
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

static void
add_number(struct args *a, const struct in_field *f, const struct body_value *v)
{
	double n = v->number;

	if (v->kind != BODY_INT && (f->kind == IN_INT || v->kind != BODY_REAL))
		args_fail(a, ERR_INVALID_FIELD, "%s: a %snumber is expected", f->name,
		    f->kind == IN_INT ? "whole " : "");
	else if (!(n >= f->least && n <= f->most))
		args_fail(a, ERR_INVALID_FIELD, "%s: a number from %.0f to %.0f is expected",
		    f->name, f->least, f->most);
	else if (v->text != NULL)
		script_args_add(&a->script, v->text, v->len);
	else if (f->kind == IN_INT)
		script_args_addf(&a->script, "%" JSON_INTEGER_FORMAT, v->integer);
	else
		script_args_addf(&a->script, "%.10g", n);
}

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
	args_text(a, buf_str(&list));
	buf_fini(&list);
}

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
	args_text(a, strcmp(text, "{}") == 0 ? "" : text);
	free(text);
}

/* Appends the value of a field, while nothing has failed. */
static void
add_field(struct args *a, const struct in_field *f, const struct body_value *v)
{
	if (v->kind == BODY_ABSENT) {
		if (f->required)
			args_fail(a, ERR_MISSING_FIELD, "%s: it is required", f->name);
		script_args_add(&a->script, "", 0);
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
		args_text(a, v->truth ? "1" : "0");
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

/* Two FNV-1a hashes of 64 bits. */
void
args_digest(struct args *a, const char *body, size_t len)
{
	uint64_t h[2] = { 0xcbf29ce484222325, 0x84222325cbf29ce4 };
	size_t k, n;

	for (k = 0; k < len; k++)
		for (n = 0; n < 2; n++)
			h[n] = (h[n] ^ (unsigned char)body[k]) * 0x100000001b3;
	snprintf(a->body_digest, sizeof(a->body_digest), "%016" PRIx64 "%016" PRIx64, h[0], h[1]);
}

/* The fields that args_body has appended from `first` on: each with its NUL, which keeps them apart. */
static void
digest_fields(struct args *a, size_t first)
{
	size_t count = a->script.count, from;

	if (count == first)
		return;
	from = a->script.arg[first].at;
	args_digest(a, script_args_get(&a->script, first),
	    a->script.arg[count - 1].at + a->script.arg[count - 1].len + 1 - from);
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
	if (a->failed == ERR_OK && *request_idempotency_key(rq) != '\0')
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

void
args_id(struct args *a, const char *id, const char *name)
{
	if (!id_valid(id, strlen(id)))
		args_fail(a, ERR_INVALID_ID, "%s: an id matches %s", name, ID_PATTERN);
	args_text(a, id);
}

void
args_param(struct args *a, const struct request *rq, size_t i, const char *name)
{
	args_id(a, request_param(rq, i), name);
}

void
args_query(struct args *a, const struct request *rq, const char *name, const char *choices)
{
	const char *s = request_query(rq, name);

	/* "?zone=" filters nothing. */
	if (s != NULL && *s == '\0')
		s = NULL;
	if (s != NULL && choices != NULL && !is_choice(s, choices))
		args_fail(a, ERR_INVALID_FIELD, "%s: one of %s is expected", name, choices);
	else if (s != NULL && choices == NULL && !id_valid(s, strlen(s)))
		args_fail(a, ERR_INVALID_ID, "%s: an id matches %s", name, ID_PATTERN);
	args_text(a, s != NULL ? s : "");
}

void
args_query_text(struct args *a, const struct request *rq, const char *name, size_t most)
{
	const char *s = request_query(rq, name), *p;

	if (s == NULL)
		s = "";
	for (p = s; *p > ' ' && *p < 0x7f; p++)
		continue;
	if (*p != '\0' || (size_t)(p - s) > most)
		args_fail(a, ERR_INVALID_FIELD,
		    "%s: at most %zu visible ASCII characters are expected", name, most);
	args_text(a, s);
}

void
args_query_int(struct args *a, const struct request *rq, const char *name, int64_t least,
    int64_t most, const char *otherwise)
{
	const char *s = request_query(rq, name);
	char *end = NULL;
	long long n = s != NULL ? strtoll(s, &end, 10) : 0;

	if (s != NULL &&
	    (*s < '0' || *s > '9' || *end != '\0' || strlen(s) > 18 || n < least || n > most))
		args_fail(a, ERR_INVALID_FIELD,
		    "%s: a whole number from %" PRId64 " to %" PRId64 " is expected", name, least,
		    most);
	args_text(a, s != NULL ? s : otherwise);
}
