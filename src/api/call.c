/*
 * Script calls for handlers. Invariant: each request that comes in is answered exactly once, by `done`
 * or with a problem.
 */
#include "api/call.h"

#include "api/app.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/pairs.h"
#include "base/pool.h"
#include "http/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDEMPOTENCY_KEY_MAX = 255 };

struct pending_call {
	struct request *rq;
	script_done_fn done;
	struct script_reply kept; /* a copy of the reply, in `arena`, while we wait for replicas */
	struct arena arena;
};

static _Thread_local struct pool pending_calls = POOL_INIT(sizeof(struct pending_call));

/* The last occurrence of `part` in `s`, or NULL. */
static const char *
last_of(const char *s, const char *part)
{
	const char *last = NULL;

	while ((s = strstr(s, part)) != NULL)
		last = s++;
	return last;
}

/*
 * Splits the error that a script raised, "WORD detail script: <sha>, on @user_script:1."; the end of it
 * is added by Redis. `reasons` stays empty if there are none.
 */
static void
take_raised(enum err e, const char *raised, struct buf *text, struct buf *reasons)
{
	const char *detail = strchr(raised, ' ');
	const char *tail = last_of(raised, " script: ");

	if (detail != NULL && (tail == NULL || tail > detail))
		buf_add(text, detail + 1,
		    tail != NULL ? (size_t)(tail - detail - 1) : strlen(detail + 1));
	if (e != ERR_NO_CAPACITY)
		return;
	pairs_write_numbers(reasons, NULL, buf_str(text), text->len);
	detail = text->len > 0 ? "no registered node can take the agent; reasons counts the nodes"
	                       : "no nodes are registered";
	buf_reset(text);
	buf_add_str(text, detail);
}

static void
reply_raised(struct request *rq, enum err e, const char *raised)
{
	struct buf text = BUF_INIT, reasons = BUF_INIT;

	take_raised(e, raised, &text, &reasons);
	reply_problem_reasons(rq, e, buf_str(&text), reasons.len > 0 ? buf_str(&reasons) : NULL);
	buf_fini(&text);
	buf_fini(&reasons);
}

void
call_write_raised(struct buf *b, const char *key, enum err e, const char *raised)
{
	struct buf text = BUF_INIT, reasons = BUF_INIT;

	take_raised(e, raised, &text, &reasons);
	reply_problem_object(b, key, e, buf_str(&text), reasons.len > 0 ? buf_str(&reasons) : NULL);
	buf_fini(&text);
	buf_fini(&reasons);
}

void
call_reply_failure(struct request *rq, enum err e, const char *error)
{
	const struct app *app = request_app(rq);

	if (e == ERR_INTERNAL)
		reply_problem(
		    rq, e, "an operation failed unexpectedly; the log of this front-end has more");
	else if (e == ERR_STORE_UNAVAILABLE)
		reply_problem(
		    rq, e, error != NULL ? error : redis_connection_last_error(app->redis));
	else if (e == ERR_OVERLOADED)
		reply_problem(rq, e, "too many operations are in flight to Redis");
	else if (e == ERR_OUTCOME_UNKNOWN)
		reply_problem(
		    rq, e, "the operation was sent to Redis and may have been carried out");
	else
		reply_raised(rq, e, error != NULL ? error : "");
}

/* Adds the headers about a change to the reply. */
static void
add_change_headers(struct request *rq, const char *index, int replicas)
{
	char durability[32] = "local";

	if (replicas > 0)
		snprintf(durability, sizeof(durability), "replicas=%d", replicas);
	if (*index != '\0') {
		request_changed(rq, index);
		reply_header(rq, "X-Cluster-Index", index);
	}
	reply_header(rq, "X-Cluster-Durability", durability);
}

static void
call_replicated(void *arg, int replicas)
{
	struct pending_call *call = arg;

	add_change_headers(call->rq, call->kept.event, replicas);
	call->done(call->rq, &call->kept);
	arena_fini(&call->arena);
	pool_give(&pending_calls, call);
}

/* The changes that several calls for one request have made. */
struct change {
	struct request *rq;
	char index[STREAM_ID_SIZE];
	void (*done)(void *arg);
	void *arg;
};

static void
change_replicated(void *arg, int replicas)
{
	struct change *change = arg;

	add_change_headers(change->rq, change->index, replicas);
	change->done(change->arg);
	free(change);
}

void
call_changed(
    struct request *rq, const char *index, const char *run_id, void (*done)(void *arg), void *arg)
{
	const struct app *app = request_app(rq);
	struct change *change = xmalloc(sizeof(*change));

	*change = (struct change){ .rq = rq, .done = done, .arg = arg };
	snprintf(change->index, sizeof(change->index), "%s", index);
	if (app->barrier != NULL)
		barrier_wait(app->barrier, run_id, change_replicated, change);
	else
		change_replicated(change, 0);
}

static void
call_script_done(void *arg, enum err e, const struct script_reply *r)
{
	struct pending_call *call = arg;
	const struct app *app = request_app(call->rq);
	bool changed = e == ERR_OK && *r->event != '\0';

	/* An agent that exists may have been assigned just now, by a request that was given up. */
	bool existed = e == ERR_OK && r->outcome == OUTCOME_EXISTS;

	if ((changed || existed) && app->barrier != NULL) {
		script_reply_copy(&call->kept, r, &call->arena);
		barrier_wait(
		    app->barrier, redis_connection_run_id(app->redis), call_replicated, call);
		return;
	}
	if (changed)
		add_change_headers(call->rq, r->event, 0);
	if (e == ERR_OK)
		call->done(call->rq, r);
	else
		call_reply_failure(call->rq, e, r->error);
	pool_give(&pending_calls, call);
}

const char *
call_add_idempotency(struct args *a, const struct request *rq, size_t part)
{
	const struct app *app = request_app(rq);
	size_t first = script_sources[a->script.id].n_args - IDEMPOTENCY_ARG_COUNT;
	const char *key = request_idempotency_key(rq);
	struct buf request = BUF_INIT, own = BUF_INIT;
	char keep_ms[24];
	size_t len;

	if (!request_has_idempotency_key(rq) || strcmp(request_method(rq), "POST") != 0 ||
	    !script_sources[a->script.id].is_idempotent)
		return NULL;
	for (len = 0; key[len] > ' ' && key[len] < 0x7f; len++)
		continue;
	if (key[len] != '\0' || len == 0 || len > IDEMPOTENCY_KEY_MAX)
		args_fail(a, ERR_INVALID_FIELD,
		    "Idempotency-Key: 1 to %d visible ASCII characters are expected",
		    IDEMPOTENCY_KEY_MAX);
	buf_addf(&request, "POST %s %s", request_target(rq), a->body_digest);
	snprintf(keep_ms, sizeof(keep_ms), "%" PRId64, app->config->idempotency_ttl);
	if (part > 0)
		buf_addf(&own, "%s %zu", key, part); /* no client's key has a space */
	args_text(a, first + IDEMPOTENCY_ARG_KEY, part > 0 ? buf_str(&own) : key);
	args_text(a, first + IDEMPOTENCY_ARG_REQUEST, buf_str(&request));
	args_text(a, first + IDEMPOTENCY_ARG_KEEP_MS, keep_ms);
	a->script.coalesce = false; /* the reply that is kept must be that of this call alone */
	buf_fini(&request);
	buf_fini(&own);
	return args_get(a, first + IDEMPOTENCY_ARG_KEY);
}

/* Sends the call, with others if it may. Takes over the contents of `a`. */
static void
send_call(const struct app *app, struct script_args *a, script_fn done, void *arg)
{
	if (coalescer_takes(a))
		coalescer_call(app->coalescer, a, done, arg);
	else
		script_call(app->redis, app->prefix, a, done, arg);
}

/* Asks what a blocking query would be answered now. */
static void
call_look(const struct request *rq, const struct script_args *a, script_fn done, void *arg)
{
	struct script_args copy;

	script_args_copy(&copy, a);
	send_call(request_app(rq), &copy, done, arg);
}

/* Calls the script, or replies with the failure in `a`. */
static void
call_now(void *arg, struct args *a)
{
	struct pending_call *call = arg;

	(void)call_add_idempotency(a, call->rq, 0);
	if (a->failed != ERR_OK) {
		reply_problem(call->rq, a->failed, a->detail);
		script_args_fini(&a->script);
		pool_give(&pending_calls, call);
	} else {
		send_call(request_app(call->rq), &a->script, call_script_done, call);
	}
}

void
call_script(struct request *rq, struct args *a, script_done_fn done)
{
	struct app *app = request_app(rq);
	struct pending_call *call = pool_take(&pending_calls);

	*call = (struct pending_call){ .rq = rq, .done = done };
	if (wait_wanted(rq, a))
		wait_start(&app->waits, rq, a, call_look, call_now, call);
	else
		call_now(call, a);
}
