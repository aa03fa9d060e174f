/*
 * Many assignments, or releases, in one request. They are split into several script calls, so that none
 * keeps Redis busy for long. Each item has a result of its own, in the order of the request.
 * Invariant: a batch is answered exactly once, after its last call.
 */
#include "api/batch.h"

#include "api/agent.h"
#include "api/app.h"
#include "api/args_body.h"
#include "api/body.h"
#include "api/call.h"
#include "base/json.h"
#include "base/memory.h"
#include "http/reply.h"
#include "redis/stream_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCH_MAX = 1000, /* items in a request */
	STEP = 64,        /* items in a call */
	KEY_AT = 2,       /* the argument with the idempotency key, if there is one */
	STEP_ALL = 100, /* items in a call that is all or nothing; more, so that fewer are undone */
	ITEMS_AT = 2,   /* the element of a reply at which its items start */
};

static const struct in_field batch_in[] = {
	{ "agents", IN_IDS, .required = true },
	{ "all_or_nothing", IN_BOOL },
};

static const struct in_field release_in[] = {
	{ "agent_id", IN_ID, .required = true },
	{ "epoch", IN_INT, .least = 0, .most = 9007199254740991 },
};

struct batch {
	struct request *rq;
	enum script_id script;
	struct buf lines; /* the items as arguments of the script, one line each */
	size_t at;        /* the offset of the next item's line */
	size_t n, done;   /* the number of items, and of those with a result */
	size_t failed;
	bool all;     /* all or nothing */
	bool existed; /* some agent was assigned already */
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
	buf_fini(&b->lines);
	buf_fini(&b->results);
	buf_fini(&b->placed);
	buf_fini(&b->keys);
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
add_placed(struct batch *b, const struct reply *row)
{
	size_t len;
	const char *id = script_row_part(row, 0, &len);

	buf_add(&b->placed, id, len);
	buf_add(&b->placed, "\t", 1);
	id = script_row_part(row, 3, &len); /* the epoch */
	buf_add(&b->placed, id, len);
	buf_add(&b->placed, "\n", 1);
}

/* Adds the result of one item, whose line is at `line`. */
static void
add_result(struct batch *b, const char *line, const struct reply *text)
{
	struct script_item item;

	script_item_read(&item, text);
	json_begin_object(&b->results, NULL);
	json_add_string(&b->results, "agent_id", line, strcspn(line, "\t\n"));
	if (strcmp(item.outcome, "failed") == 0) {
		enum err e = err_from_word(item.row.text, strcspn(item.row.text, " "));

		b->failed++;
		json_add_int(&b->results, "status", err_info(e)->status);
		call_write_raised(&b->results, "error", e, item.row.text);
	} else if (strcmp(item.outcome, "deleted") == 0) {
		json_add_int(&b->results, "status", 204);
	} else {
		json_add_int(&b->results, "status",
		    strcmp(item.outcome, "created") == 0      ? 201
		        : strcmp(item.outcome, "exists") == 0 ? 200
		                                              : 202);
		output_row(&b->results, "assignment", &item.row, assignment_out, ASSIGNMENT_OUT);
		b->existed = b->existed || strcmp(item.outcome, "exists") == 0;
		if (b->all && strcmp(item.outcome, "created") == 0)
			add_placed(b, &item.row);
	}
	json_end_object(&b->results);
}

static void
batch_done(void *arg)
{
	struct batch *b = arg;

	json_end_array(&b->results);
	json_add_int(&b->results, "count", (int64_t)b->n);
	json_add_int(&b->results, "failed", (int64_t)b->failed);
	json_end_object(&b->results);
	reply_json(b->rq, 200, &b->results);
	batch_free(b);
}

static void batch_step(struct batch *b);
static void batch_undo(struct batch *b);

static void
batch_undo_done(void *arg, enum err e, const struct reply *r)
{
	struct batch *b = arg;
	struct reply raised = { REPLY_ERROR, .text = b->raised };

	if (e == ERR_OK && r->n_members > ITEMS_AT)
		b->at += lines_length(buf_str(&b->placed) + b->at, r->n_members - ITEMS_AT);
	else if (e == ERR_OK && b->placed.len > 0)
		e = ERR_INTERNAL;
	if (e != ERR_OK) {
		call_reply_failure(b->rq, ERR_OUTCOME_UNKNOWN, NULL);
		batch_free(b);
	} else if (buf_str(&b->placed)[b->at] != '\0') {
		batch_undo(b);
	} else {
		call_reply_failure(
		    b->rq, err_from_word(b->raised, strcspn(b->raised, " ")), &raised);
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
	struct script_args args;

	script_args_init(&args, SCRIPT_AGENT_RELEASE);
	script_args_add(&args, lines, len);
	script_args_add_str(&args, "0");
	script_args_add(&args, buf_str(&b->keys), b->keys.len);
	args.urgent = true;
	script_call(app->redis, app->prefix, &args, batch_undo_done, b);
}

static void
batch_step_done(void *arg, enum err e, const struct reply *r)
{
	struct batch *b = arg;
	size_t i;

	bool undo = b->placed.len > 0 || (b->all && b->done > 0 && b->keys.len > 0);

	if (e != ERR_OK && undo && r != NULL && r->kind == REPLY_ERROR &&
	    err_info(e)->status < 500) {
		b->raised = xstrdup(r->text);
		b->at = 0;
		batch_undo(b);
		return;
	}
	if (e == ERR_OK && r->n_members <= ITEMS_AT)
		e = ERR_INTERNAL;
	if (e != ERR_OK) {
		/* Earlier calls have changed something: it would be wrong to say otherwise. */
		call_reply_failure(
		    b->rq, b->done > 0 && err_info(e)->status >= 429 ? ERR_OUTCOME_UNKNOWN : e, r);
		batch_free(b);
		return;
	}
	if (b->run_id[0] == '\0')
		snprintf(b->run_id, sizeof(b->run_id), "%s",
		    redis_connection_run_id(((const struct app *)request_app(b->rq))->redis));
	if (*script_reply_text(r, 1) != '\0')
		snprintf(b->index, sizeof(b->index), "%s", script_reply_text(r, 1));
	for (i = ITEMS_AT; i < r->n_members && b->done < b->n; i++) {
		add_result(b, b->lines.data + b->at, &r->members[i]);
		b->at += lines_length(b->lines.data + b->at, 1);
		b->done++;
	}
	if (b->done < b->n)
		batch_step(b);
	else if (b->index[0] != '\0' || b->existed)
		call_changed(b->rq, b->index, b->run_id, batch_done, b);
	else
		batch_done(b);
}

/* Calls the script for the next items. */
static void
batch_step(struct batch *b)
{
	const struct app *app = request_app(b->rq);
	const char *lines = b->lines.data + b->at;
	struct args a;

	args_begin(&a, b->script);
	script_args_add(&a.script, lines, lines_length(lines, b->all ? STEP_ALL : STEP));
	args_text(&a, b->all ? "1" : "0");
	snprintf(a.body_digest, sizeof(a.body_digest), "%s", b->digest);
	a.script.urgent = b->done > 0;
	call_add_idempotency(&a, b->rq, b->done);
	if (a.failed == ERR_OK && a.script.count > KEY_AT) {
		buf_add_str(&b->keys, script_args_get(&a.script, KEY_AT));
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

/* Adds an item, which is an object with these fields or just an id. */
static void
add_item(struct batch *b, struct args *failure, json_t *item, size_t i,
    const struct in_field *fields, size_t n)
{
	json_t *object =
	    json_is_string(item) ? json_pack("{s:O}", "agent_id", item) : json_incref(item);
	struct args a;
	char where[32];

	snprintf(where, sizeof(where), "agents[%zu].", i);
	args_begin(&a, b->script);
	if (json_is_object(object))
		args_object(&a, object, fields, n, where);
	else
		args_fail(&a, ERR_INVALID_FIELD, "agents[%zu]: an object or an id is expected", i);
	if (b->all && a.failed == ERR_OK && b->script == SCRIPT_AGENT_ASSIGN &&
	    strcmp(args_get(&a, n - 1), "1") == 0)
		args_fail(&a, ERR_INVALID_FIELD,
		    "%squeue: all_or_nothing does not wait for capacity", where);
	if (a.failed != ERR_OK)
		args_fail(failure, a.failed, "%s", a.detail);
	if (failure->failed == ERR_OK)
		script_args_add_line(&a.script, &b->lines);
	script_args_fini(&a.script);
	json_decref(object);
}

/* Starts a batch of calls of `script`, whose items have these fields. */
static void
batch_start(struct request *rq, enum script_id script, const struct in_field *fields, size_t n)
{
	struct body_value values[ARRAY_LEN(batch_in)];
	struct batch *b = xmalloc(sizeof(*b));
	struct args a;
	size_t len, i;
	const char *text = request_body(rq, &len);
	json_t *body, *agents, *item;

	*b = (struct batch){ .rq = rq, .script = script };
	args_begin(&a, script);
	body = body_read(&a, text, len, batch_in, ARRAY_LEN(batch_in), values);
	agents = values[0].kind == BODY_OTHER ? values[0].tree : NULL;
	b->n = json_array_size(agents);
	b->all = values[1].truth;
	if (values[0].kind == BODY_ABSENT)
		args_fail(&a, ERR_MISSING_FIELD, "agents: it is required");
	else if (b->n < 1 || b->n > BATCH_MAX)
		args_fail(
		    &a, ERR_INVALID_FIELD, "agents: an array of 1 to %d is expected", BATCH_MAX);
	if (values[1].kind != BODY_ABSENT && values[1].kind != BODY_BOOL)
		args_fail(&a, ERR_INVALID_FIELD, "all_or_nothing: true or false is expected");
	if (b->all && script == SCRIPT_AGENT_RELEASE && b->n > STEP_ALL)
		args_fail(&a, ERR_INVALID_FIELD, "agents: at most %d are released all or nothing",
		    STEP_ALL);
	json_array_foreach(agents, i, item)
	{
		if (a.failed == ERR_OK)
			add_item(b, &a, item, i, fields, n);
	}
	json_decref(body);
	script_args_fini(&a.script);
	if (a.failed != ERR_OK) {
		reply_problem(rq, a.failed, a.detail);
		batch_free(b);
		return;
	}
	args_digest(&a, b->lines.data, b->lines.len);
	snprintf(b->digest, sizeof(b->digest), "%s%.31s", b->all ? "a" : "e", a.body_digest);
	json_begin_object(&b->results, NULL);
	json_begin_array(&b->results, "results");
	batch_step(b);
}

void
agent_batch_assign(struct request *rq)
{
	batch_start(rq, SCRIPT_AGENT_ASSIGN, assignment_in, ASSIGNMENT_IN);
}

void
agent_batch_release(struct request *rq)
{
	size_t len;
	const char *body = request_body(rq, &len);

	/* Without a body this is the release of an agent called "batch". */
	if (strspn(body, " \t\r\n") == len) {
		agent_release_id(rq, "batch");
		return;
	}
	batch_start(rq, SCRIPT_AGENT_RELEASE, release_in, ARRAY_LEN(release_in));
}
