/*
 * The barrier. WAIT counts only what its own connection has written. So each round first writes a
 * mark: everything that any connection wrote before is then earlier in the replication stream.
 * Invariant: while a round is under way, `round` holds those who wait for it; otherwise both lists
 * are empty.
 */
#include "redis/barrier.h"

#include "base/memory.h"
#include "redis/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct waiter {
	barrier_fn fn;
	void *arg;
	char run_id[REDIS_RUN_ID_SIZE];
};

struct waiters {
	struct waiter *list;
	size_t n, size;
};

struct barrier {
	struct redis_connection *redis;
	const char *prefix;
	char replicas[12], timeout_ms[12];
	struct waiters next; /* for the round after this one */
	struct waiters round;
	bool busy;
};

static void barrier_start(struct barrier *b);

struct barrier *
barrier_new(struct event_base *base, const struct redis_options *options, const char *prefix,
    int replicas, int timeout_ms)
{
	struct barrier *b = xcalloc(1, sizeof(*b));
	struct redis_options with_wait = *options;

	with_wait.command_timeout_ms += timeout_ms;
	b->prefix = prefix;
	snprintf(b->replicas, sizeof(b->replicas), "%d", replicas);
	snprintf(b->timeout_ms, sizeof(b->timeout_ms), "%d", timeout_ms);
	b->redis = redis_connection_new(base, &with_wait, NULL, NULL);
	return b;
}

static void
barrier_end(struct barrier *b, int replicas)
{
	const char *run_id = redis_connection_run_id(b->redis);
	size_t i;

	/* A callback may wait again at once: that is for the next round. */
	for (i = 0; i < b->round.n; i++) {
		const struct waiter *w = &b->round.list[i];

		w->fn(w->arg, strcmp(w->run_id, run_id) == 0 ? replicas : 0);
	}
	b->round.n = 0;
	b->busy = false;
	if (b->next.n > 0)
		barrier_start(b);
}

static void
wait_done(void *arg, enum err e, const struct reply *r)
{
	barrier_end(arg, e == ERR_OK && r->kind == REPLY_INTEGER ? (int)r->integer : 0);
}

static void
replication_mark_done(void *arg, enum err e, const struct script_reply *r)
{
	struct barrier *b = arg;
	const char *words[] = { "WAIT", b->replicas, b->timeout_ms };

	(void)r;
	if (e == ERR_OK)
		redis_connection_command(b->redis, ARRAY_LEN(words), words, NULL, wait_done, b);
	else
		barrier_end(b, 0);
}

static void
barrier_start(struct barrier *b)
{
	struct waiters empty = b->round;
	struct script_args a;

	b->busy = true;
	b->round = b->next;
	b->next = empty;
	script_args_init(&a, SCRIPT_REPLICATION_MARK);
	script_call(b->redis, b->prefix, &a, replication_mark_done, b);
}

void
barrier_wait(struct barrier *b, const char *run_id, barrier_fn fn, void *arg)
{
	struct waiters *w = &b->next;

	if (w->n == w->size) {
		w->size = w->size > 0 ? 2 * w->size : 64;
		w->list = xrealloc(w->list, w->size * sizeof(*w->list));
	}
	w->list[w->n] = (struct waiter){ .fn = fn, .arg = arg };
	snprintf(w->list[w->n++].run_id, REDIS_RUN_ID_SIZE, "%s", run_id);
	if (!b->busy)
		barrier_start(b);
}

void
barrier_free(struct barrier *b)
{
	if (b == NULL)
		return;
	redis_connection_free(b->redis);
	free(b->round.list);
	free(b->next.list);
	free(b);
}
