/*
 * The fields of a JSON body, checked and appended. Invariant: while nothing has failed, exactly one
 * argument has been appended for each field of the table, "" for one that is absent, and one for all
 * fields that are terms.
 */
#include "api/args_body.h"

#include "api/args_lists.h"
#include "api/body.h"
#include "base/buf.h"
#include "base/id.h"

#include <arpa/inet.h>
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 24 };

static const char domain[] = "label:";

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
	case IN_DOMAIN:
		if (!args_is_choice(s, "node|zone") &&
		    (strncmp(s, domain, sizeof(domain) - 1) != 0 ||
		        !id_valid(s + sizeof(domain) - 1, v->len - (sizeof(domain) - 1))))
			args_fail(a, ERR_INVALID_FIELD, "%s: node, zone or label:KEY is expected",
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

/* Appends an object of the fields of a table. */
static void
add_object(struct args *a, const struct in_field *f, json_t *v)
{
	struct buf where = BUF_INIT, text = BUF_INIT;
	struct args members;
	size_t i;

	if (!json_is_object(v)) {
		args_fail(a, ERR_INVALID_FIELD, "%s: an object is expected", f->name);
		return;
	}
	buf_addf(&where, "%s.", f->name);
	args_begin(&members, a->script.id);
	args_object(&members, v, f->table, f->n_table, where.data);
	if (members.failed != ERR_OK)
		args_fail(a, members.failed, "%s", members.detail);
	for (i = 0; i < f->n_table; i++)
		buf_addf(&text, "%s%s", i > 0 ? "/" : "", args_get(&members, i));
	args_text(a, f->arg, buf_str(&text));
	script_args_fini(&members.script);
	buf_fini(&where);
	buf_fini(&text);
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
	case IN_DOMAIN:
	case IN_CHOICE:
		add_text(a, f, v);
		break;
	case IN_INT:
	case IN_REAL:
		add_number(a, f, v);
		break;
	case IN_BOOL:
	case IN_FLAG:
		if (v->kind != BODY_BOOL)
			args_fail(a, ERR_INVALID_FIELD, "%s: true or false is expected", f->name);
		args_text(a, f->arg, v->truth ? "1" : f->kind == IN_BOOL ? "0" : "");
		break;
	case IN_IDS:
	case IN_ID_SET:
		args_add_ids(a, f, v->tree);
		break;
	case IN_LABELS:
	case IN_AMOUNTS:
		args_add_pairs(a, f, v->tree);
		break;
	case IN_STRINGS:
	case IN_STRINGS_SET:
		args_add_strings(a, f, v->tree);
		break;
	case IN_OBJECT:
		add_object(a, f, v->tree);
		break;
	}
}

/* Adds the value of a field that is there to the terms. */
static void
add_term(struct args *a, struct buf *terms, const struct in_field *f, const struct body_value *v)
{
	enum { VALUE };
	struct in_field alone = *f;
	struct args value;

	alone.arg = VALUE;
	args_begin(&value, a->script.id);
	add_field(&value, &alone, v);
	if (value.failed != ERR_OK)
		args_fail(a, value.failed, "%s", value.detail);
	else
		terms_add(terms, f->term, args_get(&value, VALUE));
	script_args_fini(&value.script);
}

/* Fails if a field is there without another one that it needs. */
static void
check_needs(struct args *a, const struct in_field *fields, size_t n, size_t i,
    const struct body_value *values)
{
	size_t k;

	for (k = 0; k < n; k++)
		if (values[k].kind != BODY_ABSENT &&
		    args_is_choice(fields[k].name, fields[i].needs))
			return;
	args_fail(
	    a, ERR_INVALID_FIELD, "%s: %s is expected with it", fields[i].name, fields[i].needs);
}

/* Appends the values of all fields of a table. */
static void
add_fields(struct args *a, const struct in_field *fields, size_t n, const struct body_value *values)
{
	struct buf terms = BUF_INIT;
	size_t i;

	for (i = 0; i < n && a->failed == ERR_OK; i++) {
		if (fields[i].term == TERM_NONE)
			add_field(a, &fields[i], &values[i]);
		if (values[i].kind == BODY_ABSENT)
			continue;
		if (fields[i].term != TERM_NONE)
			add_term(a, &terms, &fields[i], &values[i]);
		if (fields[i].needs != NULL)
			check_needs(a, fields, n, i, values);
	}
	if (a->failed == ERR_OK && n > 0 && fields[n - 1].term != TERM_NONE)
		script_args_add(&a->script, fields[n - 1].arg, buf_str(&terms), terms.len);
	buf_fini(&terms);
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
	struct body_value values[FIELDS_MAX];
	size_t len, first = a->script.count;
	const char *text = request_body(rq, &len);
	json_t *body;

	assert(n <= ARRAY_LEN(values));
	body = body_read(a, text, len, fields, n, values);
	add_fields(a, fields, n, values);
	if (a->failed == ERR_OK && request_has_idempotency_key(rq))
		digest_fields(a, first);
	json_decref(body);
}

void
args_object(
    struct args *a, json_t *object, const struct in_field *fields, size_t n, const char *where)
{
	struct body_value values[FIELDS_MAX];
	enum err before = a->failed;
	char detail[sizeof(a->detail)];

	assert(n <= ARRAY_LEN(values));
	body_object(a, object, fields, n, values);
	add_fields(a, fields, n, values);
	if (before == ERR_OK && a->failed != ERR_OK) {
		snprintf(detail, sizeof(detail), "%s", a->detail);
		snprintf(a->detail, sizeof(a->detail), "%s%.*s", where,
		    (int)(sizeof(a->detail) - strlen(where) - 1), detail);
	}
}
