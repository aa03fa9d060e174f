/*
 * Coalesced calls. Invariant: an operation is either in the queue of its kind or in exactly one
 * call. It leaves a call when it is answered or, if the script did not get to it, goes back to
 * the head of the queue.
 */
#include "redis/coalesce.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/pool.h"
#include "redis/redis_error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct operation {
	TAILQ_ENTRY(operation) link;
	struct script_args args;
	script_fn fn;
	void *arg;
};

TAILQ_HEAD(operations, operation);

/* The operations of one kind. */
struct queue {
	struct coalescer *co;
	struct operations waiting; /* those that are in no call yet */
	size_t n_waiting;
	size_t n;           /* those that have not been answered, in a call or not */
	size_t n_under_way; /* calls */
};

struct coalescer {
	struct redis_connection *c;
	const char *prefix;
	struct queue queues[SCRIPTS_WITH_ITEMS]; /* by script */
	struct event *turn; /* active if there may be something to send in this turn */
	struct event *late; /* set while operations wait for calls that are under way */
};

struct coalesced_call {
	struct queue *q;
	bool whole; /* it has one operation, which gets the reply as it is */
	size_t n;
	struct operation *operations[COALESCE_ITEMS_MAX];
};

static _Thread_local struct pool operations = POOL_INIT(sizeof(struct operation));
static _Thread_local struct pool coalesced_calls = POOL_INIT(sizeof(struct coalesced_call));

bool
coalescer_takes(const struct script_args *a)
{
	return a->coalesce && a->single && (size_t)a->id < SCRIPTS_WITH_ITEMS;
}

static void call_start(struct queue *q, struct operation *alone);

/* Count operations that start or stop waiting. */
static void
add_waiting(struct queue *q, size_t n)
{
	q->n_waiting += n;
	metrics_add(METRIC_REDIS_WAITING, 0, 0, (int64_t)n);
}

static void
take_waiting(struct queue *q, size_t n)
{
	q->n_waiting -= n;
	metrics_add(METRIC_REDIS_WAITING, 0, 0, -(int64_t)n);
}

static void
operation_end(struct queue *q, struct operation *op, enum err e, const struct script_reply *r)
{
	q->n--;
	op->fn(op->arg, e, r);
	script_args_fini(&op->args);
	pool_give(&operations, op);
}

/* Answers an operation with its item of the reply. */
static void
operation_take(struct queue *q, struct operation *op, const struct script_row *row)
{
	struct script_item item;

	script_item_read(&item, row);
	operation_end(q, op, item.e, &item.reply);
}

/*
 * Gives each operation of the call its item of the reply. Operations that the script did not get
 * to go back to the head of the queue. An unexpected error (such as a key of the wrong type) was
 * caused by one of the operations, before anything was written, because scripts read before they
 * write. So each operation of the call is then sent alone.
 */
static void
call_done(void *arg, enum err e, const struct script_reply *r)
{
	struct coalesced_call *call = arg;
	struct queue *q = call->q;
	size_t i, n = call->n;
	bool broken = e == ERR_INTERNAL && r->error != NULL && call->n > 1;

	if (e == ERR_OK && !call->whole) {
		n = r->n_rows;
		if (n == 0 || n > call->n) {
			log_error("coalesce", "%zu answers to %zu operations", n, call->n);
			e = ERR_INTERNAL;
			n = call->n;
		}
	}
	q->n_under_way--;
	for (i = call->n; i > n; i--)
		TAILQ_INSERT_HEAD(&q->waiting, call->operations[i - 1], link);
	add_waiting(q, call->n - n);
	for (i = 0; i < n; i++)
		if (broken)
			call_start(q, call->operations[i]);
		else if (e != ERR_OK || call->whole)
			operation_end(q, call->operations[i], e, r);
		else
			operation_take(q, call->operations[i], &r->rows[i]);
	pool_give(&coalesced_calls, call);
	if (q->n_waiting > 0)
		event_active(q->co->turn, EV_WRITE, 0);
}

/* Moves operations from the queue to a call until it is full. */
static void
fill(struct coalesced_call *call, struct queue *q)
{
	struct operation *op;
	size_t bytes = 0;

	call->n = 0;
	while (call->n < COALESCE_ITEMS_MAX && (op = TAILQ_FIRST(&q->waiting)) != NULL) {
		bytes += op->args.texts.len;
		if (call->n > 0 && bytes > COALESCE_BYTES_MAX)
			break;
		TAILQ_REMOVE(&q->waiting, op, link);
		call->operations[call->n++] = op;
	}
	take_waiting(q, call->n);
}

/*
 * Joins the arguments of a call's operations: the lines of all items, and ALL "0", so that an
 * item that fails does not fail the others. Further arguments are the same in all calls of this
 * process.
 */
static void
join_args(struct script_args *args, const struct coalesced_call *call)
{
	const struct script_args *first = &call->operations[0]->args;
	struct buf lines = BUF_INIT;
	size_t i;

	script_args_init(args, first->id);
	for (i = 0; i < call->n; i++) {
		const struct script_args *a = &call->operations[i]->args;

		buf_add(&lines, script_args_get(a, ITEMS_ARG_LINES), a->arg[ITEMS_ARG_LINES].len);
	}
	script_args_add(args, ITEMS_ARG_LINES, lines.data, lines.len);
	if (first->count > ITEMS_ARG_ALL)
		script_args_add_str(args, ITEMS_ARG_ALL, "0");
	for (i = args->count; i < first->count; i++)
		script_args_add(args, i, script_args_get(first, i), first->arg[i].len);
	buf_fini(&lines);
}

/* Sends one call: of the operation `alone` or, if that is NULL, of operations in the queue. */
static void
call_start(struct queue *q, struct operation *alone)
{
	struct coalesced_call *call = pool_take(&coalesced_calls);
	struct script_args args;

	call->q = q;
	call->n = 1;
	call->operations[0] = alone;
	if (alone == NULL)
		fill(call, q);
	assert(call->operations[0] != NULL);
	call->whole = call->n == 1;
	if (call->whole) {
		args = call->operations[0]->args;
		script_args_init(&call->operations[0]->args, args.id);
	} else {
		metrics_add(METRIC_REDIS_COALESCED, 0, 0, (int64_t)call->n);
		join_args(&args, call);
	}
	q->n_under_way++;
	script_call(q->co->c, q->co->prefix, &args, call_done, call);
}

/*
 * Sends what waits. As in Nagle's algorithm (RFC 896), a few operations wait while a call is under
 * way, unless they are `late`.
 */
static void
queue_send(struct queue *q, bool late)
{
	while (q->n_waiting > 0 &&
	    (late || q->n_under_way == 0 ||
	        (q->n_under_way < COALESCE_UNDER_WAY_MAX && q->n_waiting >= COALESCE_BESIDE_MIN)))
		call_start(q, NULL);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval wait = { .tv_usec = COALESCE_WAIT_MS * 1000 };
	struct coalescer *co = arg;
	bool waiting = false;
	size_t i;

	(void)fd;
	(void)what;
	for (i = 0; i < SCRIPTS_WITH_ITEMS; i++) {
		queue_send(&co->queues[i], false);
		waiting = waiting || co->queues[i].n_waiting > 0;
	}
	if (waiting && !evtimer_pending(co->late, NULL))
		evtimer_add(co->late, &wait);
}

/*
 * Redis is slow: sends what waits all the same, so that the timeout of commands starts for every
 * operation.
 */
static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct coalescer *co = arg;
	size_t i;

	(void)fd;
	(void)what;
	for (i = 0; i < SCRIPTS_WITH_ITEMS; i++)
		queue_send(&co->queues[i], true);
}

void
coalescer_call(struct coalescer *co, struct script_args *a, script_fn fn, void *arg)
{
	struct queue *q = &co->queues[a->id];
	struct operation *op;

	if (q->n >= REDIS_IN_FLIGHT_MAX) {
		metrics_add(METRIC_REDIS_ERRORS, REDIS_ERROR_OVERLOADED, 0, 1);
		script_args_fini(a);
		script_fail(fn, arg, ERR_OVERLOADED, NULL);
		return;
	}
	op = pool_take(&operations);
	op->args = *a;
	op->fn = fn;
	op->arg = arg;
	script_args_init(a, a->id);
	if (q->n_waiting == 0 || q->n_waiting + 1 == COALESCE_BESIDE_MIN)
		event_active(co->turn, EV_WRITE, 0);
	q->n++;
	add_waiting(q, 1);
	TAILQ_INSERT_TAIL(&q->waiting, op, link);
}

struct coalescer *
coalescer_new(struct event_base *base, struct redis_connection *c, const char *prefix)
{
	struct coalescer *co = xcalloc(1, sizeof(*co));
	size_t i;

	co->c = c;
	co->prefix = prefix;
	for (i = 0; i < SCRIPTS_WITH_ITEMS; i++) {
		co->queues[i].co = co;
		TAILQ_INIT(&co->queues[i].waiting);
	}
	co->turn = event_new(base, -1, 0, on_turn, co);
	co->late = evtimer_new(base, on_late, co);
	assert(co->turn != NULL && co->late != NULL);
	return co;
}

void
coalescer_free(struct coalescer *co)
{
	const struct script_reply closed = { .event = "", .error = "connection: closed by us" };
	struct operation *op;
	size_t i;

	for (i = 0; i < SCRIPTS_WITH_ITEMS; i++)
		while ((op = TAILQ_FIRST(&co->queues[i].waiting)) != NULL) {
			TAILQ_REMOVE(&co->queues[i].waiting, op, link);
			take_waiting(&co->queues[i], 1);
			operation_end(&co->queues[i], op, ERR_STORE_UNAVAILABLE, &closed);
		}
	event_free(co->turn);
	event_free(co->late);
	free(co);
}
