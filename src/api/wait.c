/*
 * Waits. Invariant: a wait is in its app's list exactly until it is answered, and a client that has
 * gone is let go within LOOK_MS.
 */
#include "api/wait.h"

#include "api/app.h"
#include "api/event_entry.h"
#include "api/feed.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/memory.h"
#include "http/reply.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MS = 30 * 1000, MAX_MS = 600 * 1000, LOOK_MS = 5000 };

struct wait {
	TAILQ_ENTRY(wait) link;
	struct app *app;
	struct request *rq;
	struct args args;
	script_done_fn done;
	struct subscription *subscription;
	struct event *timer;
	int64_t until; /* monotonic ms */
	bool at_once;  /* ?index=0: to learn where it stands */
};

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
	struct request *rq = w->rq;
	struct args a = w->args;
	script_done_fn done = w->done;
	const char *position = feed_position(w->app->feed);

	if (*position != '\0')
		reply_header(rq, "X-Cluster-Index", position);
	TAILQ_REMOVE(&w->app->waits, w, link);
	feed_unsubscribe(w->subscription);
	event_free(w->timer);
	free(w);
	a.watched = false;
	call_script(rq, &a, done);
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

/* Whether anything has happened since cannot be told: better once too often. */
static void
on_resync(void *arg, const char *position, const char *reason)
{
	(void)position;
	(void)reason;
	wait_end(arg);
}

void
wait_start(struct request *rq, struct args *a, script_done_fn done)
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
		a->watched = false;
		call_script(rq, a, done);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->app = request_app(rq);
	w->rq = rq;
	request_untimed(rq);
	w->args = *a;
	w->done = done;
	w->until = clock_mono_ms() + ms;
	w->at_once = strcmp(index, "0") == 0;
	w->timer = evtimer_new(w->app->base, on_timer, w);
	assert(w->timer != NULL);
	TAILQ_INSERT_TAIL(&w->app->waits, w, link);
	arm(w);
	w->subscription =
	    feed_subscribe(w->app->feed, &a->watch, w->at_once ? "" : index, &listener, w);
}

void
wait_end_all(struct app *app)
{
	struct wait *w, *next;

	for (w = TAILQ_FIRST(&app->waits); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		wait_end(w);
	}
}
