/*
 * Script calls. Invariant: a call keeps its arguments until it is answered, so that it can be sent
 * again: as EVAL after NOSCRIPT, or as the next step of a script that has more to do.
 */
#include "redis/script.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/pool.h"
#include "redis/command.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEPS_MAX = 100000, /* calls of a script that replies {"more"} */
	PARTS_MAX = 10      /* calls for one page of a list */
};

struct call {
	struct redis_connection *c;
	const char *prefix;
	struct script_args args;
	script_fn fn;
	void *arg;
	int64_t sent_us;
	int steps;
	bool by_text;
	struct script_reply *parts; /* of a page of a list; NULL before the first */
	size_t n_parts;
	struct arena arena; /* for the decoded replies */
};

static _Thread_local struct pool calls = POOL_INIT(sizeof(struct call));

static void call_send(struct call *call);

void
script_fail(script_fn fn, void *arg, enum err e, const char *error)
{
	fn(arg, e, &(struct script_reply){ .event = "", .error = error });
}

static void
call_free(struct call *call)
{
	script_args_fini(&call->args);
	arena_fini(&call->arena);
	pool_give(&calls, call);
}

static void
call_end(struct call *call, const struct script_reply *r)
{
	call->fn(call->arg, ERR_OK, r);
	call_free(call);
}

static void
call_fail(struct call *call, enum err e, const char *error)
{
	script_fail(call->fn, call->arg, e, error);
	call_free(call);
}

/* Ends with the parts of a list's page as one reply: all their rows, and the cursor of the last. */
static void
call_page_end(struct call *call)
{
	struct script_reply page = call->parts[call->n_parts - 1];
	struct script_row *rows;
	size_t i, n = 0;

	page.n_rows = 0;
	for (i = 0; i < call->n_parts; i++)
		page.n_rows += call->parts[i].n_rows;
	rows = arena_take(&call->arena, page.n_rows * sizeof(*rows));
	page.rows = rows;
	for (i = 0; i < call->n_parts; i++) {
		const struct script_reply *part = &call->parts[i];

		if (part->n_rows > 0)
			memcpy(&rows[n], part->rows, part->n_rows * sizeof(*rows));
		n += part->n_rows;
	}
	call_end(call, &page);
}

/* Keeps a part of a list's page. Asks for the next part, from its cursor on, or ends the call. */
static void
call_page(struct call *call, const struct script_reply *r)
{
	long limit = strtol(script_args_get(&call->args, LIST_ARG_LIMIT), NULL, 10);
	const char *cursor = script_row_text(&r->head, PAGE_ROW_NEXT_CURSOR);
	char rest[24];

	assert(call->n_parts < PARTS_MAX);
	if (call->parts == NULL)
		call->parts = arena_take(&call->arena, PARTS_MAX * sizeof(*call->parts));
	script_reply_copy(&call->parts[call->n_parts++], r, &call->arena);
	if (r->outcome != OUTCOME_PAGE || call->n_parts == PARTS_MAX) {
		call_page_end(call);
		return;
	}
	snprintf(rest, sizeof(rest), "%ld", limit - (long)r->n_rows);
	script_args_set(&call->args, LIST_ARG_LIMIT, rest, strlen(rest));
	script_args_set(&call->args, LIST_ARG_CURSOR, cursor, strlen(cursor));
	call->by_text = false;
	call_send(call);
}

/* Ends the call with the one item of the reply. */
static void
call_single_end(struct call *call, const struct script_reply *r)
{
	struct script_item item;

	if (r->n_rows != 1) {
		log_error("script", "%s: %zu answers to one item",
		    script_sources[call->args.id].name, r->n_rows);
		call_fail(call, ERR_INTERNAL, NULL);
		return;
	}
	script_item_read(&item, r->rows);
	call->fn(call->arg, item.e, &item.reply);
	call_free(call);
}

static void
call_take(struct call *call, const struct script_reply *r)
{
	const struct script_source *s = &script_sources[call->args.id];

	if (r->outcome == OUTCOME_MORE && ++call->steps < STEPS_MAX) {
		call->by_text = false;
		call_send(call);
	} else if (r->outcome == OUTCOME_MORE) {
		log_error("script", "%s: it never ends", s->name);
		call_fail(call, ERR_INTERNAL, NULL);
	} else if (s->is_list && (r->outcome == OUTCOME_PAGE || call->n_parts > 0)) {
		call_page(call, r);
	} else if (call->args.single) {
		call_single_end(call, r);
	} else {
		call_end(call, r);
	}
}

static void
call_send_done(void *arg, enum err e, const struct reply *r)
{
	struct call *call = arg;
	struct script_reply reply;

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
		log_error("script", "%s: %s", script_sources[call->args.id].name, r->text);
	if (e != ERR_OK)
		call_fail(call, e, r != NULL ? r->text : NULL);
	else if (script_reply_read(&reply, r, call->args.id, &call->arena))
		call_take(call, &reply);
	else
		call_fail(call, ERR_INTERNAL, NULL);
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
script_call(
    struct redis_connection *c, const char *prefix, struct script_args *a, script_fn fn, void *arg)
{
	const struct script_source *s = &script_sources[a->id];
	struct call *call = pool_take(&calls);

	assert(a->count == s->n_args ||
	    (s->is_idempotent && a->count == s->n_args - IDEMPOTENCY_ARG_COUNT));
	*call = (struct call){ .c = c, .prefix = prefix, .args = *a, .fn = fn, .arg = arg };
	script_args_init(a, a->id);
	call_send(call);
}
