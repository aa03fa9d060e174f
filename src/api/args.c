/*
 * Arguments. Invariant: while nothing has failed, each function that adds an argument has added
 * exactly that one.
 */
#include "api/args.h"

#include "base/buf.h"
#include "base/id.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	a->watch = (struct watch){ .kind = WATCH_EVENTS };
	text_copy(a->filter.types, sizeof(a->filter.types), types);
	text_copy(a->filter.node_id, sizeof(a->filter.node_id), node_id);
	text_copy(a->filter.agent_id, sizeof(a->filter.agent_id), agent_id);
}

void
args_watch_shown(struct args *a, struct watch watch)
{
	a->watch = watch;
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
args_text(struct args *a, size_t arg, const char *text)
{
	if (a->failed == ERR_OK)
		script_args_add_str(&a->script, arg, text);
}

void
args_int(struct args *a, size_t arg, int64_t n)
{
	struct buf text = BUF_INIT;

	buf_add_int(&text, n);
	args_text(a, arg, text.data);
	buf_fini(&text);
}

/* Fails if `wrong`, the name of a column that has a tab or a newline, is not NULL. */
static void
check_item(struct args *a, const char *wrong)
{
	if (wrong != NULL)
		args_fail(a, ERR_INVALID_FIELD, "%s: a text without tabs and newlines is expected",
		    wrong);
}

void
args_pack(struct args *a)
{
	if (a->failed == ERR_OK)
		check_item(a, script_args_pack(&a->script));
}

void
args_add_line(struct args *a, struct buf *lines)
{
	if (a->failed == ERR_OK)
		check_item(a, script_args_add_line(&a->script, lines));
}

const char *
args_get(const struct args *a, size_t arg)
{
	return a->failed == ERR_OK ? script_args_get(&a->script, arg) : "";
}

bool
args_any(const struct args *a, size_t first, size_t last)
{
	for (; first <= last; first++)
		if (*args_get(a, first) != '\0')
			return true;
	return false;
}

void
args_default(struct args *a, size_t arg, const char *text)
{
	if (a->failed == ERR_OK && a->script.arg[arg].len == 0)
		script_args_set(&a->script, arg, text, strlen(text));
}

bool
args_is_choice(const char *s, const char *choices)
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

/* Two different FNV-1a hashes of 64 bits. */
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

void
args_id(struct args *a, size_t arg, const char *id, const char *name)
{
	if (!id_valid(id, strlen(id)))
		args_fail(a, ERR_INVALID_ID, "%s: an id matches %s", name, ID_PATTERN);
	args_text(a, arg, id);
}

void
args_param(struct args *a, size_t arg, const struct request *rq, size_t i, const char *name)
{
	args_id(a, arg, request_param(rq, i), name);
}

void
args_query(
    struct args *a, size_t arg, const struct request *rq, const char *name, const char *choices)
{
	const char *s = request_query(rq, name);

	if (s != NULL && choices != NULL && !args_is_choice(s, choices))
		args_fail(a, ERR_INVALID_FIELD, "%s: one of %s is expected", name, choices);
	else if (s != NULL && choices == NULL && !id_valid(s, strlen(s)))
		args_fail(a, ERR_INVALID_ID, "%s: an id matches %s", name, ID_PATTERN);
	args_text(a, arg, s != NULL ? s : "");
}

void
args_query_text(struct args *a, size_t arg, const struct request *rq, const char *name, size_t most)
{
	const char *s = request_query(rq, name), *p;

	if (s == NULL)
		s = "";
	for (p = s; *p > ' ' && *p < 0x7f; p++)
		continue;
	if (*p != '\0' || (size_t)(p - s) > most)
		args_fail(a, ERR_INVALID_FIELD,
		    "%s: at most %zu visible ASCII characters are expected", name, most);
	args_text(a, arg, s);
}

void
args_query_int(struct args *a, size_t arg, const struct request *rq, const char *name,
    int64_t least, int64_t most, const char *otherwise)
{
	const char *s = request_query(rq, name);
	char *end = NULL;
	long long n = s != NULL ? strtoll(s, &end, 10) : 0;

	if (s != NULL &&
	    (*s < '0' || *s > '9' || *end != '\0' || strlen(s) > 18 || n < least || n > most))
		args_fail(a, ERR_INVALID_FIELD,
		    "%s: a whole number from %" PRId64 " to %" PRId64 " is expected", name, least,
		    most);
	if (s != NULL)
		args_int(a, arg, n);
	else
		args_text(a, arg, otherwise);
}
