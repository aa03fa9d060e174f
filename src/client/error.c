/* Errors of calls. Invariant: if the kind is MUSTER_OK, all other members are empty. */
#include "client/error.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DETAIL_MAX = 1024 };

void
error_reset(struct muster_error *e)
{
	free(e->code);
	free(e->detail);
	json_decref(e->reasons);
	*e = (struct muster_error){ 0 };
}

static const char *
own_code(enum muster_error_kind kind)
{
	switch (kind) {
	case MUSTER_UNREACHABLE:
		return "unreachable";
	case MUSTER_BAD_ANSWER:
		return "bad_answer";
	case MUSTER_BAD_ARGUMENT:
		return "bad_argument";
	case MUSTER_REFUSED:
	case MUSTER_OK:
		break;
	}
	return "";
}

void
error_set(struct muster_error *e, enum muster_error_kind kind, int status, bool retryable,
    const char *format, ...)
{
	char detail[DETAIL_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(detail, sizeof(detail), format, ap);
	va_end(ap);
	error_reset(e);
	e->kind = kind;
	e->status = status;
	e->retryable = retryable;
	e->code = xstrdup(own_code(kind));
	e->detail = xstrdup(detail);
}

void
error_from_answer(struct muster_error *e, int status, const char *body, size_t len)
{
	json_t *problem = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
	const char *code = json_string_value(json_object_get(problem, "code"));
	const char *detail = json_string_value(json_object_get(problem, "detail"));

	if (code == NULL || detail == NULL) {
		error_set(e, MUSTER_BAD_ANSWER, status, status >= 500,
		    "the answer with status %d is not from a muster front-end", status);
	} else {
		error_reset(e);
		e->kind = MUSTER_REFUSED;
		e->status = status;
		e->retryable = json_is_true(json_object_get(problem, "retryable"));
		e->code = xstrdup(code);
		e->detail = xstrdup(detail);
		e->reasons = json_incref(json_object_get(problem, "reasons"));
	}
	json_decref(problem);
}

void
error_copy(struct muster_error *to, const struct muster_error *from)
{
	error_reset(to);
	*to = *from;
	to->code = from->code != NULL ? xstrdup(from->code) : NULL;
	to->detail = from->detail != NULL ? xstrdup(from->detail) : NULL;
	to->reasons = from->reasons != NULL ? json_deep_copy(from->reasons) : NULL;
}

enum muster_error_kind
muster_error_kind(const muster_error *e)
{
	return e->kind;
}

const char *
muster_error_code(const muster_error *e)
{
	return e->code != NULL ? e->code : "";
}

const char *
muster_error_detail(const muster_error *e)
{
	return e->detail != NULL ? e->detail : "";
}

int
muster_error_status(const muster_error *e)
{
	return e->status;
}

bool
muster_error_retryable(const muster_error *e)
{
	return e->retryable;
}

size_t
muster_error_reasons(const muster_error *e)
{
	return json_object_size(e->reasons);
}

const char *
muster_error_reason(const muster_error *e, size_t i, int64_t *nodes)
{
	const char *name;
	json_t *value;

	json_object_foreach(e->reasons, name, value)
	{
		if (i-- > 0)
			continue;
		if (nodes != NULL)
			*nodes = json_integer_value(value);
		return name;
	}
	return NULL;
}
