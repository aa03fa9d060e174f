/*
 * Script calls. Invariant: a call owns its arguments until its one answer, so that it can be
 * sent again: as EVAL after NOSCRIPT, or as the next step of a script with more to do.
 */
#include "redis/script.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/pool.h"
#include "redis/resp.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEPS_MAX = 100000,
	PARTS_MAX = 10, /* calls per page of a list */
	ARG_LIMIT = 0,  /* a list's first arguments */
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
	redisReply *part[PARTS_MAX]; /* of a list's page, as far as it is there */
	size_t parts;
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

/* Appends a word as it will be sent, but for a NUL where its CR will be. Returns where its text is. */
static size_t
add_word(struct buf *b, const char *text, size_t len)
{
	resp_add_word(b, text, len);
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
script_args_add_line(const struct script_args *a, bool bare, struct buf *lines)
{
	size_t i;

	for (i = 0; i < (bare ? 1 : a->count); i++) {
		buf_add(lines, "\t", i > 0);
		buf_add(lines, script_args_get(a, i), a->arg[i].len);
	}
	buf_add(lines, "\n", 1);
}

void
script_args_set(struct script_args *a, size_t i, const char *text, size_t len)
{
	struct script_args changed;
	size_t k;

	script_args_init(&changed, a->id);
	changed.urgent = a->urgent;
	changed.coalesce = a->coalesce;
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
call_end(struct call *call, enum err e, const redisReply *r)
{
	call->fn(call->arg, e, r);
	script_args_fini(&call->args);
	while (call->parts > 0)
		free(call->part[--call->parts]);
	pool_give(&calls, call);
}

/* Ends with all parts of a list's page as one reply, which has the last one's cursor. */
static void
call_page_end(struct call *call)
{
	redisReply page = *call->part[call->parts - 1];
	size_t rows = 0, n = REPLY_ROWS, i, k;

	for (i = 0; i < call->parts; i++)
		rows += call->part[i]->elements - REPLY_ROWS;
	page.elements = REPLY_ROWS + rows;
	page.element = xmalloc(page.elements * sizeof(redisReply *));
	for (i = 0; i < REPLY_ROWS; i++)
		page.element[i] = call->part[call->parts - 1]->element[i];
	for (i = 0; i < call->parts; i++)
		for (k = REPLY_ROWS; k < call->part[i]->elements; k++)
			page.element[n++] = call->part[i]->element[k];
	call_end(call, ERR_OK, &page);
	free(page.element);
}

/* Takes a part of a list's page; has the next call go on from where it stopped, or ends. */
static void
call_page(struct call *call, const redisReply *r)
{
	long limit = strtol(script_args_get(&call->args, ARG_LIMIT), NULL, 10);
	const redisReply *cursor = r->element[REPLY_CURSOR];
	char rest[24];

	assert(r->elements >= REPLY_ROWS && call->parts < PARTS_MAX);
	call->part[call->parts++] = resp_copy(r);
	if (strcmp(r->element[0]->str, "page") != 0 || call->parts == PARTS_MAX) {
		call_page_end(call);
		return;
	}
	snprintf(rest, sizeof(rest), "%ld", limit - (long)(r->elements - REPLY_ROWS));
	script_args_set(&call->args, ARG_LIMIT, rest, strlen(rest));
	script_args_set(&call->args, ARG_CURSOR, cursor->str, cursor->len);
	call->by_text = false;
	call_send(call);
}

static void
call_send_done(void *arg, enum err e, const redisReply *r)
{
	struct call *call = arg;
	const char *name = script_sources[call->args.id].name;
	const char *outcome;

	if (r != NULL)
		metrics_observe(
		    METRIC_REDIS_DURATION, call->args.id, clock_mono_us() - call->sent_us);
	if (r != NULL && r->type == REDIS_REPLY_ERROR && strncmp(r->str, "NOSCRIPT", 8) == 0 &&
	    !call->by_text) {
		call->by_text = true;
		call_send(call);
		return;
	}
	if (e == ERR_INTERNAL && r != NULL)
		log_error("script", "%s: %s", name, r->str);
	if (e != ERR_OK) {
		call_end(call, e, r);
		return;
	}
	assert(r != NULL);
	outcome = r->type == REDIS_REPLY_ARRAY && r->elements > 0 &&
	        r->element[0]->type == REDIS_REPLY_STRING
	    ? r->element[0]->str
	    : NULL;
	if (outcome != NULL && strcmp(outcome, "more") == 0 && ++call->steps < STEPS_MAX) {
		call->by_text = false;
		call_send(call);
		return;
	}
	if (outcome == NULL || r->elements < 2) {
		log_error("script", "%s: a reply of another shape, or no end", name);
		call_end(call, ERR_INTERNAL, NULL);
		return;
	}
	if (strcmp(outcome, "page") == 0 || call->parts > 0)
		call_page(call, r);
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
	resp_add_start(out, args->count + 4);
	if (call->by_text) {
		buf_add_str(out, "$4\r\nEVAL\r\n");
		resp_add_word(out, s->text, s->len);
	} else {
		buf_add_str(out, "$7\r\nEVALSHA\r\n");
		resp_add_word(out, s->sha1, 40);
	}
	buf_add_str(out, "$1\r\n1\r\n");
	resp_add_word(out, call->prefix, strlen(call->prefix));
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
script_reply_text(const redisReply *reply, size_t i)
{
	if (reply->type != REDIS_REPLY_ARRAY || i >= reply->elements)
		return NULL;
	return reply->element[i]->str != NULL ? reply->element[i]->str : "";
}

const char *
script_row_part(const redisReply *row, size_t i, size_t *len)
{
	const char *s = row->str, *end = row->str + row->len, *tab;

	while ((tab = memchr(s, '\t', (size_t)(end - s))) != NULL && i-- > 0)
		s = tab + 1;
	*len = (size_t)((tab != NULL ? tab : end) - s);
	return s;
}

int64_t
script_row_int(const redisReply *row, size_t i)
{
	size_t len;
	const char *part = script_row_part(row, i, &len);

	/* An empty part is followed by a tab, which strtoll would pass over. */
	return len > 0 ? strtoll(part, NULL, 10) : 0;
}

static void
copy_part(char *to, size_t size, const redisReply *item, size_t i)
{
	size_t len;
	const char *part = script_row_part(item, i, &len);

	if (len >= size)
		len = size - 1;
	memcpy(to, part, len);
	to[len] = '\0';
}

void
script_item_read(struct script_item *to, const redisReply *item)
{
	const char *end = item->str + item->len;
	size_t len;

	copy_part(to->outcome, sizeof(to->outcome), item, 0);
	copy_part(to->event, sizeof(to->event), item, 1);
	to->row = (redisReply){ .type = REDIS_REPLY_STRING };
	to->row.str = (char *)script_row_part(item, 2, &len);
	to->row.len = (size_t)(end - to->row.str);
}
