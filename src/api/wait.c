/*
 * Blocking queries. Invariant: a wait is in the list until it is over, and the wait of a client
 * that has gone is over within GONE_MS.
 */
#include "api/wait.h"

#include "api/stream_id.h"
#include "base/clock.h"
#include "base/config_option.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/reply.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MS = 30 * 1000, MAX_MS = 600 * 1000, GONE_MS = 5000, GAP_MS = 200 };

struct wait {
	TAILQ_ENTRY(wait) link;
	struct waits *all;
	struct request *rq;
	struct args args;
	wait_look_fn look;
	wait_over_fn over;
	void *over_arg;
	struct subscription *subscription; /* NULL before the first look, where there is one */
	struct event *timer;
	int64_t until; /* monotonic ms */
	bool at_once;  /* ?index=0: the client only asks for the current index */
	bool live;     /* all events from before the first look were given */

	struct shown shown; /* at the last look */
	int64_t looked_at;  /* monotonic ms */
	bool looking;       /* a look is under way: the wait must not be freed */
	bool look_due;
	bool ended; /* freed by the look that is under way */
	char index[STREAM_ID_SIZE];
};

void
waits_init(struct waits *ws, struct event_base *base, struct feed *feed)
{
	ws->base = base;
	ws->feed = feed;
	TAILQ_INIT(&ws->list);
}

/* Calls on_timer again when there is something to do. */
static void
arm(struct wait *w)
{
	int64_t now = clock_mono_ms(), ms = w->until - now;
	struct timeval tv;

	if (ms > GONE_MS)
		ms = GONE_MS;
	if (w->look_due && !w->looking && ms > w->looked_at + GAP_MS - now)
		ms = w->looked_at + GAP_MS - now;
	if (ms < 0)
		ms = 0;
	tv = (struct timeval){ .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };
	evtimer_add(w->timer, &tv);
}

static void
wait_free(struct wait *w)
{
	shown_fini(&w->shown);
	free(w);
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
	if (w->subscription != NULL)
		feed_unsubscribe(w->subscription);
	event_free(w->timer);
	w->ended = true;
	if (!w->looking)
		wait_free(w);
	over(arg, &a);
}

static void
on_event(void *arg, const struct event_entry *e)
{
	struct wait *w = arg;

	switch (shown_judge(&w->shown, &w->args.watch, e, !w->live)) {
	case SHOWN_SAME:
		break;
	case SHOWN_CHANGED:
		wait_end(w);
		break;
	case SHOWN_LOOK:
		w->look_due = true;
		arm(w);
		break;
	}
}

static void
on_live(void *arg, const char *position)
{
	struct wait *w = arg;

	(void)position;
	w->live = true;
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

static void
subscribe(struct wait *w)
{
	static const struct feed_listener listener = { on_event, on_live, on_resync, NULL };

	w->subscription =
	    feed_subscribe(w->all->feed, &w->args.filter, w->at_once ? "" : w->index, &listener, w);
}

static void
look_done(void *arg, enum err e, const struct script_reply *r)
{
	struct wait *w = arg;
	struct shown before = w->shown;
	bool first = w->subscription == NULL;

	w->looking = false;
	if (w->ended) {
		wait_free(w);
		return;
	}
	if (e != ERR_OK && e != ERR_ASSIGNMENT_NOT_FOUND) {
		wait_end(w);
		return;
	}
	w->shown = (struct shown){ .more = false };
	shown_take(&w->shown, &w->args.watch, e == ERR_OK ? r : NULL);
	if (first)
		subscribe(w);
	else if (!shown_equal(&before, &w->shown))
		wait_end(w);
	else
		arm(w);
	shown_fini(&before);
}

/* Asks what the query would be answered now. Nothing may follow, as that can end the wait. */
static void
look(struct wait *w)
{
	w->looking = true;
	w->look_due = false;
	w->looked_at = clock_mono_ms();
	w->look(w->rq, &w->args.script, look_done, w);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct wait *w = arg;
	int64_t now = clock_mono_ms();

	(void)fd;
	(void)what;
	if (now >= w->until || request_gone(w->rq)) {
		wait_end(w);
		return;
	}
	arm(w);
	if (w->look_due && !w->looking && now >= w->looked_at + GAP_MS)
		look(w);
}

/* For how long the client wants to wait, in milliseconds; -1: it is malformed. */
static int64_t
wait_ms(const struct request *rq)
{
	const char *text = request_query(rq, "wait");
	int64_t ms = text != NULL ? config_option_parse_ms(text) : DEFAULT_MS;

	return ms <= MAX_MS ? ms : -1;
}

bool
wait_wanted(const struct request *rq, struct args *a)
{
	const char *index = request_query(rq, "index");

	if (!a->watched)
		return false;
	if (index != NULL && strcmp(index, "0") != 0 && !stream_id_valid(index))
		args_fail(a, ERR_INVALID_FIELD,
		    "index: 0 or the X-Cluster-Index of an earlier reply is expected");
	if (wait_ms(rq) < 0)
		args_fail(a, ERR_INVALID_FIELD,
		    "wait: a duration of at most 10m is expected, such as 500ms, 30s or 5m");
	return a->failed == ERR_OK && index != NULL;
}

void
wait_start(struct waits *ws, struct request *rq, struct args *a, wait_look_fn look_fn,
    wait_over_fn over, void *arg)
{
	const char *index = request_query(rq, "index");
	struct wait *w;

	w = xcalloc(1, sizeof(*w));
	w->all = ws;
	w->rq = rq;
	request_untimed(rq);
	w->args = *a;
	w->look = look_fn;
	w->over = over;
	w->over_arg = arg;
	w->until = clock_mono_ms() + wait_ms(rq);
	w->at_once = strcmp(index, "0") == 0;
	text_copy(w->index, sizeof(w->index), index);
	w->timer = evtimer_new(ws->base, on_timer, w);
	assert(w->timer != NULL);
	TAILQ_INSERT_TAIL(&ws->list, w, link);
	arm(w);
	if (w->at_once || a->watch.kind == WATCH_EVENTS)
		subscribe(w);
	else
		look(w);
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
