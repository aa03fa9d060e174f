/*
 * Blocking queries. Invariant: a wait is in the list until it is over, and the wait of a client
 * that has gone is over within LOOK_MS.
 */
#include "api/wait.h"

#include "api/stream_id.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/memory.h"
#include "http/reply.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MS = 30 * 1000, MAX_MS = 600 * 1000, LOOK_MS = 5000 };

struct wait {
	TAILQ_ENTRY(wait) link;
	struct waits *all;
	struct request *rq;
	struct args args;
	wait_over_fn over;
	void *over_arg;
	struct subscription *subscription;
	struct event *timer;
	int64_t until; /* monotonic ms */
	bool at_once;  /* ?index=0: the client only asks for the current index */
};

void
waits_init(struct waits *ws, struct event_base *base, struct feed *feed)
{
	ws->base = base;
	ws->feed = feed;
	TAILQ_INIT(&ws->list);
}

static void
arm(struct wait *w)
{
	int64_t left = w->until - clock_mono_ms(), ms = left < LOOK_MS ? left : LOOK_MS;
	struct timeval tv;

	if (ms < 0)
		ms = 0;
	tv = (struct timeval){ .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };
	evtimer_add(w->timer, &tv);
}

static void
wait_end(struct wait *w)
{
	const char *position = feed_position(w->all->feed);
	wait_over_fn over = w->over;
	void *arg = w->over_arg;
	struct args a = w->args;

	if (*position != '\0')
		reply_header(w->rq, "X-Cluster-Index", position);
	TAILQ_REMOVE(&w->all->list, w, link);
	feed_unsubscribe(w->subscription);
	event_free(w->timer);
	free(w);
	over(arg, &a);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct wait *w = arg;

	(void)fd;
	(void)what;
	if (clock_mono_ms() >= w->until || request_gone(w->rq))
		wait_end(w);
	else
		arm(w);
}

static void
on_event(void *arg, const struct event_entry *e)
{
	(void)e;
	wait_end(arg);
}

static void
on_live(void *arg, const char *position)
{
	struct wait *w = arg;

	(void)position;
	if (w->at_once)
		wait_end(w);
}

/* It is unknown whether anything has happened, so the query is answered. */
static void
on_resync(void *arg, const char *position, const char *reason)
{
	(void)position;
	(void)reason;
	wait_end(arg);
}

bool
wait_wanted(const struct request *rq, const struct args *a)
{
	return a->watched && a->failed == ERR_OK && request_query(rq, "index") != NULL;
}

void
wait_start(struct waits *ws, struct request *rq, struct args *a, wait_over_fn over, void *arg)
{
	static const struct feed_listener listener = { on_event, on_live, on_resync, NULL };
	const char *index = request_query(rq, "index"), *text = request_query(rq, "wait");
	int64_t ms = text != NULL ? config_parse_ms(text) : DEFAULT_MS;
	struct wait *w;

	if (strcmp(index, "0") != 0 && !stream_id_valid(index))
		args_fail(a, ERR_INVALID_FIELD,
		    "index: 0 or the X-Cluster-Index of an earlier reply is expected");
	if (ms < 0 || ms > MAX_MS)
		args_fail(a, ERR_INVALID_FIELD,
		    "wait: a duration of at most 10m is expected, such as 500ms, 30s or 5m");
	if (a->failed != ERR_OK) {
		over(arg, a);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->all = ws;
	w->rq = rq;
	request_untimed(rq);
	w->args = *a;
	w->over = over;
	w->over_arg = arg;
	w->until = clock_mono_ms() + ms;
	w->at_once = strcmp(index, "0") == 0;
	w->timer = evtimer_new(ws->base, on_timer, w);
	assert(w->timer != NULL);
	TAILQ_INSERT_TAIL(&ws->list, w, link);
	arm(w);
	w->subscription =
	    feed_subscribe(ws->feed, &a->watch, w->at_once ? "" : index, &listener, w);
}

void
wait_end_all(struct waits *ws)
{
	struct wait *w, *next;

	for (w = TAILQ_FIRST(&ws->list); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		wait_end(w);
	}
}
