/*
 * Script calls. Invariant: a call keeps its arguments until it is answered, so that it can be sent
 * again: as EVAL after NOSCRIPT, or as the next step of a script that has more to do.
 */
#include "redis/script.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/pool.h"
#include "redis/command.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEPS_MAX = 100000,
	PARTS_MAX = 10, /* calls for one page of a list */
	ARG_LIMIT = 0,  /* the first arguments of a list */
	ARG_CURSOR = 1,
	REPLY_CURSOR = 2, /* in a list's reply, before its rows */
	REPLY_ROWS = 3
};

struct call {
	struct redis_connection *c;
	const char *prefix;
	struct script_args args;
	redis_reply_fn fn;
	void *arg;
	int64_t sent_us;
	int steps;
	bool by_text;
	struct reply *parts; /* the replies that make up a page of a list; NULL before the first */
	size_t n_parts;
	struct arena arena; /* where they are */
};

static _Thread_local struct pool calls = POOL_INIT(sizeof(struct call));

static void call_send(struct call *call);

void
script_args_init(struct script_args *a, enum script_id id)
{
	a->id = id;
	a->count = 0;
	a->urgent = false;
	a->coalesce = false;
	a->single = false;
	a->texts = (struct buf)BUF_INIT;
}

void
script_args_fini(struct script_args *a)
{
	buf_fini(&a->texts);
	a->count = 0;
}

const char *
script_args_get(const struct script_args *a, size_t i)
{
	return a->texts.data + a->arg[i].at;
}

/*
 * Appends a word as it will be sent, except that a NUL stands in for the CR after its text. Returns
 * the offset of its text.
 */
static size_t
add_word(struct buf *b, const char *text, size_t len)
{
	command_add_word(b, text, len);
	b->data[b->len - 2] = '\0';
	return b->len - 2 - len;
}

void
script_args_add(struct script_args *a, const char *text, size_t len)
{
	assert(a->count < SCRIPT_ARGS_MAX);
	a->arg[a->count].at = (uint32_t)add_word(&a->texts, text, len);
	a->arg[a->count++].len = (uint32_t)len;
}

void
script_args_add_line(const struct script_args *a, struct buf *lines)
{
	size_t i, n = a->count;

	while (n > 1 && a->arg[n - 1].len == 0)
		n--;
	for (i = 0; i < n; i++) {
		buf_add(lines, "\t", i > 0);
		buf_add(lines, script_args_get(a, i), a->arg[i].len);
	}
	buf_add(lines, "\n", 1);
}

void
script_args_pack(struct script_args *a)
{
	struct buf line = BUF_INIT;

	script_args_add_line(a, &line);
	script_args_fini(a);
	script_args_add(a, line.data, line.len);
	script_args_add(a, "1", 1);
	a->single = true;
	buf_fini(&line);
}

void
script_args_set(struct script_args *a, size_t i, const char *text, size_t len)
{
	struct script_args changed;
	size_t k;

	script_args_init(&changed, a->id);
	changed.urgent = a->urgent;
	changed.coalesce = a->coalesce;
	changed.single = a->single;
	for (k = 0; k < a->count; k++)
		if (k == i)
			script_args_add(&changed, text, len);
		else
			script_args_add(&changed, script_args_get(a, k), a->arg[k].len);
	script_args_fini(a);
	*a = changed;
}

void
script_args_add_str(struct script_args *a, const char *text)
{
	script_args_add(a, text, strlen(text));
}

void
script_args_addf(struct script_args *a, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	script_args_add_str(a, text);
}

static void
call_end(struct call *call, enum err e, const struct reply *r)
{
	call->fn(call->arg, e, r);
	script_args_fini(&call->args);
	arena_fini(&call->arena);
	pool_give(&calls, call);
}

/* Ends with the parts of a list's page as one reply: all their rows, and the cursor of the last. */
static void
call_page_end(struct call *call)
{
	struct reply page = call->parts[call->n_parts - 1];
	const struct reply *head = page.members;
	size_t i, n = REPLY_ROWS;

	page.n_members = REPLY_ROWS;
	for (i = 0; i < call->n_parts; i++)
		page.n_members += call->parts[i].n_members - REPLY_ROWS;
	page.members = arena_take(&call->arena, page.n_members * sizeof(struct reply));
	memcpy(page.members, head, REPLY_ROWS * sizeof(struct reply));
	for (i = 0; i < call->n_parts; i++) {
		const struct reply *part = &call->parts[i];
		size_t rows = part->n_members - REPLY_ROWS;

		memcpy(&page.members[n], &part->members[REPLY_ROWS], rows * sizeof(struct reply));
		n += rows;
	}
	call_end(call, ERR_OK, &page);
}

/* Keeps a part of a list's page. Asks for the next one, from its cursor on, or ends the call. */
static void
call_page(struct call *call, const struct reply *r)
{
	long limit = strtol(script_args_get(&call->args, ARG_LIMIT), NULL, 10);
	const struct reply *cursor = &r->members[REPLY_CURSOR];
	char rest[24];

	assert(r->n_members >= REPLY_ROWS && call->n_parts < PARTS_MAX);
	if (call->parts == NULL)
		call->parts = arena_take(&call->arena, PARTS_MAX * sizeof(struct reply));
	reply_copy(&call->parts[call->n_parts++], r, &call->arena);
	if (strcmp(r->members[0].text, "page") != 0 || call->n_parts == PARTS_MAX) {
		call_page_end(call);
		return;
	}
	snprintf(rest, sizeof(rest), "%ld", limit - (long)(r->n_members - REPLY_ROWS));
	script_args_set(&call->args, ARG_LIMIT, rest, strlen(rest));
	script_args_set(&call->args, ARG_CURSOR, cursor->text, cursor->len);
	call->by_text = false;
	call_send(call);
}

static void
ignore(void *arg, enum err e, const struct reply *r)
{
	(void)arg;
	(void)e;
	(void)r;
}

/* Ends the call with the one item of the reply. */
static void
call_single_end(struct call *call, const struct reply *r)
{
	redis_reply_fn fn = call->fn;
	void *arg = call->arg;

	call->fn = ignore;
	if (r->n_members == 3)
		script_item_answer(&r->members[2], fn, arg);
	else
		fn(arg, ERR_INTERNAL, NULL);
	call_end(call, ERR_OK, r);
}

static void
call_send_done(void *arg, enum err e, const struct reply *r)
{
	struct call *call = arg;
	const char *name = script_sources[call->args.id].name;
	const char *outcome;

	if (r != NULL)
		metrics_observe(
		    METRIC_REDIS_DURATION, call->args.id, clock_mono_us() - call->sent_us);
	if (r != NULL && r->kind == REPLY_ERROR && strncmp(r->text, "NOSCRIPT", 8) == 0 &&
	    !call->by_text) {
		call->by_text = true;
		call_send(call);
		return;
	}
	if (e == ERR_INTERNAL && r != NULL)
		log_error("script", "%s: %s", name, r->text);
	if (e != ERR_OK) {
		call_end(call, e, r);
		return;
	}
	assert(r != NULL);
	outcome = r->n_members > 0 && r->members[0].kind == REPLY_TEXT ? r->members[0].text : NULL;
	if (outcome != NULL && strcmp(outcome, "more") == 0 && ++call->steps < STEPS_MAX) {
		call->by_text = false;
		call_send(call);
		return;
	}
	if (outcome == NULL || r->n_members < 2) {
		log_error(
		    "script", "%s: a reply of another form, or a script that never ends", name);
		call_end(call, ERR_INTERNAL, NULL);
		return;
	}
	if (strcmp(outcome, "page") == 0 || call->n_parts > 0)
		call_page(call, r);
	else if (call->args.single)
		call_single_end(call, r);
	else
		call_end(call, ERR_OK, r);
}

static void
call_send(struct call *call)
{
	const struct script_source *s = &script_sources[call->args.id];
	struct script_args *args = &call->args;
	struct buf *out;
	size_t i;

	call->sent_us = clock_mono_us();
	out = redis_connection_begin(call->c, args->urgent, call_send_done, call);
	if (out == NULL)
		return;
	command_add_start(out, args->count + 4);
	if (call->by_text) {
		buf_add_str(out, "$4\r\nEVAL\r\n");
		command_add_word(out, s->text, s->len);
	} else {
		buf_add_str(out, "$7\r\nEVALSHA\r\n");
		command_add_word(out, s->sha1, 40);
	}
	buf_add_str(out, "$1\r\n1\r\n");
	command_add_word(out, call->prefix, strlen(call->prefix));
	for (i = 0; i < args->count; i++)
		args->texts.data[args->arg[i].at + args->arg[i].len] = '\r';
	buf_add(out, args->texts.data, args->texts.len);
}

void
script_call(struct redis_connection *c, const char *prefix, struct script_args *a,
    redis_reply_fn fn, void *arg)
{
	struct call *call = pool_take(&calls);

	*call = (struct call){ .c = c, .prefix = prefix, .args = *a, .fn = fn, .arg = arg };
	script_args_init(a, a->id);
	call_send(call);
}

const char *
script_reply_text(const struct reply *reply, size_t i)
{
	if (i >= reply->n_members)
		return NULL;
	return reply->members[i].text != NULL ? reply->members[i].text : "";
}

const char *
script_row_part(const struct reply *row, size_t i, size_t *len)
{
	const char *s = row->text, *end = row->text + row->len, *tab;

	while ((tab = memchr(s, '\t', (size_t)(end - s))) != NULL && i-- > 0)
		s = tab + 1;
	*len = (size_t)((tab != NULL ? tab : end) - s);
	return s;
}

int64_t
script_row_int(const struct reply *row, size_t i)
{
	size_t len;
	const char *part = script_row_part(row, i, &len);

	/* strtoll would skip the tab after an empty part, and read the next one. */
	return len > 0 ? strtoll(part, NULL, 10) : 0;
}

static void
copy_part(char *to, size_t size, const struct reply *item, size_t i)
{
	size_t len;
	const char *part = script_row_part(item, i, &len);

	if (len >= size)
		len = size - 1;
	memcpy(to, part, len);
	to[len] = '\0';
}

void
script_item_read(struct script_item *to, const struct reply *item)
{
	const char *end = item->text + item->len;
	size_t len;

	copy_part(to->outcome, sizeof(to->outcome), item, 0);
	copy_part(to->event, sizeof(to->event), item, 1);
	to->row = (struct reply){ .kind = REPLY_TEXT };
	to->row.text = script_row_part(item, 2, &len);
	to->row.len = (size_t)(end - to->row.text);
}

void
script_item_answer(const struct reply *text, redis_reply_fn fn, void *arg)
{
	struct script_item item;

	script_item_read(&item, text);
	if (strcmp(item.outcome, "failed") == 0) {
		item.row.kind = REPLY_ERROR;
		fn(arg, err_from_word(item.row.text, strcspn(item.row.text, " ")), &item.row);
	} else {
		struct reply parts[] = {
			{ REPLY_TEXT, .text = item.outcome, .len = strlen(item.outcome) },
			{ REPLY_TEXT, .text = item.event, .len = strlen(item.event) },
			item.row,
		};
		struct reply whole = { REPLY_ARRAY, .members = parts, .n_members = 3 };

		fn(arg, ERR_OK, &whole);
	}
}
