/*
 * Many assignments, or releases, in one request. They are split into several script calls, so that none
 * keeps Redis busy for long. Each item has a result of its own, in the order of the request.
 * Invariant: a batch is answered exactly once, after its last call.
 */
#include "api/batch.h"

#include "api/agent.h"
#include "api/app.h"
#include "api/args.h"
#include "api/batch_body.h"
#include "api/call.h"
#include "base/id.h"
#include "base/json.h"
#include "base/memory.h"
#include "http/reply.h"
#include "redis/stream_reader.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEP = 64,                 /* items in a call */
	STEP_ALL = BATCH_ALL_STEP, /* those of a batch that is all or nothing: fewer are undone */
};

struct batch {
	struct request *rq;
	enum script_id script;
	struct batch_body body;
	size_t at;   /* the offset of the next item's line */
	size_t done; /* the number of items with a result */
	size_t failed;
	struct buf id; /* of a batch that is all or nothing and may take several calls; else "" */
	bool existed;  /* some agent was assigned already */
	char index[STREAM_ID_SIZE];
	char run_id[REDIS_RUN_ID_SIZE]; /* of the Redis that carried out the first call */
	char digest[ARGS_DIGEST_SIZE];
	struct buf results; /* as JSON */
	struct buf
	    placed; /* all or nothing: what has to be released if a later call fails, as lines */
	struct buf keys; /* the idempotency keys that the calls have used, as lines */
	char *raised;    /* the error that a call failed with */
};

static void
batch_free(struct batch *b)
{
	batch_body_fini(&b->body);
	buf_fini(&b->results);
	buf_fini(&b->placed);
	buf_fini(&b->keys);
	buf_fini(&b->id);
	free(b->raised);
	free(b);
}

/* The length of the first `most` lines of a text, or of all if there are fewer. */
static size_t
lines_length(const char *text, size_t most)
{
	const char *end = text;

	while (most-- > 0 && *end != '\0')
		end = strchr(end, '\n') + 1;
	return (size_t)(end - text);
}

/* Notes a placed agent, which has to be released if a later call fails. */
static void
add_placed(struct batch *b, const struct script_row *row)
{
	struct script_args a;
	const char *wrong;

	script_args_init(&a, SCRIPT_AGENT_RELEASE);
	script_args_add_str(
	    &a, AGENT_RELEASE_ITEM_AGENT_ID, script_row_text(row, ASSIGNMENT_ROW_AGENT_ID));
	script_args_add_str(
	    &a, AGENT_RELEASE_ITEM_EPOCH, script_row_text(row, ASSIGNMENT_ROW_EPOCH));
	wrong = script_args_add_line(&a, &b->placed);
	assert(wrong == NULL); /* what stood in a column of a row has no separator */
	(void)wrong;
	script_args_fini(&a);
}

/* The column with the agent's id, in the items of both scripts. */
enum { ITEM_AGENT_ID = AGENT_ASSIGN_ITEM_AGENT_ID };

static_assert(
    (int)ITEM_AGENT_ID == (int)AGENT_RELEASE_ITEM_AGENT_ID, "the items differ in their ids");

/* Adds the result of one item, whose line is at `line`. */
static void
add_result(struct batch *b, const char *line, const struct script_row *row)
{
	struct script_item item;
	const struct script_reply *r = &item.reply;
	size_t len;
	const char *id = script_line_column(line, ITEM_AGENT_ID, &len);

	script_item_read(&item, row);
	json_begin_object(&b->results, NULL);
	json_add_string(&b->results, "agent_id", id, len);
	if (item.e != ERR_OK) {
		b->failed++;
		json_add_int(&b->results, "status", err_info(item.e)->status);
		call_write_raised(&b->results, "error", item.e, r->error != NULL ? r->error : "");
	} else if (r->outcome == OUTCOME_DELETED) {
		json_add_int(&b->results, "status", 204);
	} else {
		json_add_int(&b->results, "status", assignment_status(r->outcome));
		output_row(&b->results, "assignment", &r->head, assignment_out, ASSIGNMENT_OUT);
		b->existed = b->existed || r->outcome == OUTCOME_EXISTS;
		if (b->body.all && r->outcome == OUTCOME_CREATED)
			add_placed(b, &r->head);
	}
	json_end_object(&b->results);
}

static void
batch_done(void *arg)
{
	struct batch *b = arg;

	json_end_array(&b->results);
	json_add_int(&b->results, "count", (int64_t)b->body.n);
	json_add_int(&b->results, "failed", (int64_t)b->failed);
	json_end_object(&b->results);
	reply_json(b->rq, 200, &b->results);
	batch_free(b);
}

static void batch_step(struct batch *b);
static void batch_undo(struct batch *b);

static void
batch_undo_done(void *arg, enum err e, const struct script_reply *r)
{
	struct batch *b = arg;

	if (e == ERR_OK && r->n_rows > 0)
		b->at += lines_length(buf_str(&b->placed) + b->at, r->n_rows);
	else if (e == ERR_OK && b->placed.len > 0)
		e = ERR_INTERNAL;
	if (e != ERR_OK) {
		call_reply_failure(b->rq, ERR_OUTCOME_UNKNOWN, NULL);
		batch_free(b);
	} else if (buf_str(&b->placed)[b->at] != '\0') {
		batch_undo(b);
	} else {
		call_reply_failure(
		    b->rq, err_from_word(b->raised, strcspn(b->raised, " ")), b->raised);
		batch_free(b);
	}
}

/* Releases the next few of the agents that were placed before a call failed. */
static void
batch_undo(struct batch *b)
{
	const struct app *app = request_app(b->rq);
	const char *lines = buf_str(&b->placed) + b->at;
	size_t len = lines_length(lines, STEP);
	struct buf undo = BUF_INIT;
	struct script_args args;

	buf_addf(&undo, "undo %s", buf_str(&b->id));
	script_args_init(&args, SCRIPT_AGENT_RELEASE);
	script_args_add(&args, AGENT_RELEASE_ARG_LINES, lines, len);
	script_args_add(&args, AGENT_RELEASE_ARG_ALL, undo.data, undo.len);
	buf_fini(&undo);
	script_args_add(&args, AGENT_RELEASE_ARG_FORGOTTEN, buf_str(&b->keys), b->keys.len);
	args.urgent = true;
	script_call(app->redis, app->prefix, &args, batch_undo_done, b);
}

static void
batch_step_done(void *arg, enum err e, const struct script_reply *r)
{
	struct batch *b = arg;
	size_t i;
	bool undo = b->placed.len > 0 || (b->body.all && b->done > 0 && b->keys.len > 0);

	if (e != ERR_OK && undo && r->error != NULL && err_info(e)->status < 500) {
		b->raised = xstrdup(r->error);
		b->at = 0;
		batch_undo(b);
		return;
	}
	if (e == ERR_OK && r->n_rows == 0)
		e = ERR_INTERNAL;
	if (e != ERR_OK) {
		/* Earlier calls have changed something: it would be wrong to say otherwise. */
		call_reply_failure(b->rq,
		    b->done > 0 && err_info(e)->status >= 429 ? ERR_OUTCOME_UNKNOWN : e, r->error);
		batch_free(b);
		return;
	}
	if (b->run_id[0] == '\0')
		snprintf(b->run_id, sizeof(b->run_id), "%s",
		    redis_connection_run_id(((const struct app *)request_app(b->rq))->redis));
	if (*r->event != '\0')
		snprintf(b->index, sizeof(b->index), "%s", r->event);
	for (i = 0; i < r->n_rows && b->done < b->body.n; i++) {
		add_result(b, b->body.lines.data + b->at, &r->rows[i]);
		b->at += lines_length(b->body.lines.data + b->at, 1);
		b->done++;
	}
	if (b->done < b->body.n)
		batch_step(b);
	else if (b->index[0] != '\0' || b->existed)
		call_changed(b->rq, b->index, b->run_id, batch_done, b);
	else
		batch_done(b);
}

/* Adds ALL, which lua/lib/batches.lua reads. `len`: of the lines of this call. */
static void
add_all(const struct batch *b, struct args *a, size_t len)
{
	struct buf all = BUF_INIT;

	buf_add_str(&all, b->body.all ? "1" : "0");
	if (b->id.len > 0)
		buf_addf(
		    &all, " %d %d %s", b->at + len<b->body.lines.len, b->done> 0, buf_str(&b->id));
	args_text(a, ITEMS_ARG_ALL, buf_str(&all));
	buf_fini(&all);
}

/* Calls the script for the next items. */
static void
batch_step(struct batch *b)
{
	const struct app *app = request_app(b->rq);
	const char *lines = b->body.lines.data + b->at;
	size_t len = lines_length(lines, b->body.all ? STEP_ALL : STEP);
	const char *key;
	struct args a;

	args_begin(&a, b->script);
	script_args_add(&a.script, ITEMS_ARG_LINES, lines, len);
	add_all(b, &a, len);
	if (b->script == SCRIPT_AGENT_RELEASE)
		args_text(&a, AGENT_RELEASE_ARG_FORGOTTEN, "");
	snprintf(a.body_digest, sizeof(a.body_digest), "%s", b->digest);
	a.script.urgent = b->done > 0;
	key = call_add_idempotency(&a, b->rq, b->done);
	if (key != NULL) {
		buf_add_str(&b->keys, key);
		buf_add(&b->keys, "\n", 1);
	}
	if (a.failed != ERR_OK) {
		reply_problem(b->rq, a.failed, a.detail);
		script_args_fini(&a.script);
		batch_free(b);
		return;
	}
	script_call(app->redis, app->prefix, &a.script, batch_step_done, b);
}

/* Names the batch. Requests with the same Idempotency-Key are the same batch. */
static void
name_batch(struct batch *b)
{
	const char *key = request_idempotency_key(b->rq);
	char nonce[NONCE_SIZE];

	if (*key != '\0')
		buf_addf(&b->id, "key:%s", key);
	else
		buf_add_str(&b->id, id_nonce(nonce));
}

/* Starts a batch of calls of `script`. */
static void
batch_start(struct request *rq, enum script_id script)
{
	struct batch *b = xmalloc(sizeof(*b));
	struct args a;

	*b = (struct batch){ .rq = rq, .script = script };
	args_begin(&a, script);
	batch_read(&b->body, &a, rq);
	if (a.failed != ERR_OK) {
		reply_problem(rq, a.failed, a.detail);
		script_args_fini(&a.script);
		batch_free(b);
		return;
	}
	args_digest(&a, b->body.lines.data, b->body.lines.len);
	script_args_fini(&a.script);
	snprintf(b->digest, sizeof(b->digest), "%s%.31s", b->body.all ? "a" : "e", a.body_digest);
	if (b->body.all && script == SCRIPT_AGENT_ASSIGN && b->body.n > 1)
		name_batch(b);
	json_begin_object(&b->results, NULL);
	json_begin_array(&b->results, "results");
	batch_step(b);
}

void
agent_assign_batch(struct request *rq)
{
	batch_start(rq, SCRIPT_AGENT_ASSIGN);
}

void
agent_release_batch(struct request *rq)
{
	size_t len;
	const char *body = request_body(rq, &len);

	/* Without a body this is the release of an agent called "batch". */
	if (strspn(body, " \t\r\n") == len) {
		agent_release_id(rq, "batch");
		return;
	}
	batch_start(rq, SCRIPT_AGENT_RELEASE);
}
