/*
 * The feed. Invariant: a live subscription was given every event up to its cursor that passes its
 * filter, and its cursor is not before the position of the feed. Other subscriptions read the
 * events that they lack from the stream, page by page, until they are live.
 */
#include "api/feed.h"

#include "api/stream_id.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "redis/script.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { PAGE = 500, RETRY_MS = 100, IDLE_S = 30 };

enum phase { WAITING, CATCHING_UP, LIVE, ENDED };

struct subscription {
	TAILQ_ENTRY(subscription) link;
	struct feed *feed; /* NULL once the feed was freed */
	struct event_filter filter;
	const struct feed_listener *listener;
	void *arg;
	enum phase phase;
	bool asking;                 /* it waits for a page: it must not be freed until then */
	bool verified;               /* the cursor is known to be an id of this very stream */
	char cursor[STREAM_ID_SIZE]; /* the last event handled; "": start at the feed's position */
};

TAILQ_HEAD(subscriptions, subscription);

struct feed {
	struct redis_connection *redis;
	const char *prefix;
	struct stream_reader *reader;
	struct subscriptions all;
	struct event *idle;
	struct event *wake; /* wakes those that have just subscribed, got no page, or were full */
	int busy;           /* the depth of loops over `all`; nothing may be freed meanwhile */
};

static const struct timeval again = { 0, RETRY_MS * 1000 };

static void page_request(struct subscription *s);

/* Frees an ended subscription, unless it is still in use. */
static void
release(struct subscription *s)
{
	if (s->phase != ENDED || s->asking || (s->feed != NULL && s->feed->busy > 0))
		return;
	if (s->feed != NULL)
		TAILQ_REMOVE(&s->feed->all, s, link);
	free(s);
}

/* Frees the subscriptions that ended during a loop. */
static void
free_ended(struct feed *f)
{
	struct subscription *s, *next;

	for (s = f->busy == 0 ? TAILQ_FIRST(&f->all) : NULL; s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		release(s);
	}
}

static void
hand_out(struct subscription *s, const struct event_entry *e)
{
	snprintf(s->cursor, sizeof(s->cursor), "%s", e->id);
	if (event_filter_passes(&s->filter, e))
		s->listener->event(s->arg, e);
}

/* Goes live if it has caught up, else asks for the next page, unless the subscriber is full. */
static void
advance(struct subscription *s)
{
	const char *position = stream_reader_position(s->feed->reader);

	if (s->phase == ENDED || *position == '\0')
		return;
	if (s->cursor[0] == '\0') {
		snprintf(s->cursor, sizeof(s->cursor), "%s", position);
		s->verified = true;
	}
	if (s->verified && stream_id_compare(s->cursor, position) >= 0) {
		s->phase = LIVE;
		s->listener->live(s->arg, s->cursor);
	} else if (s->listener->full != NULL && s->listener->full(s->arg)) {
		event_add(s->feed->wake, &again);
	} else {
		page_request(s);
	}
}

static void
page_take(struct subscription *s, const struct script_reply *r)
{
	struct buf data = BUF_INIT;
	size_t i;

	if (strcmp(script_row_text(&r->head, STREAM_ROW_STANDING), "lost") == 0) {
		const char *last = script_row_text(&r->head, STREAM_ROW_LAST_ID);
		bool beyond = stream_id_compare(s->cursor, last) > 0;

		snprintf(s->cursor, sizeof(s->cursor), "%s", last);
		s->listener->resync(s->arg, s->cursor, beyond ? "unknown" : "too_old");
	}
	for (i = 0; i < r->n_entries && s->phase != ENDED; i++) {
		struct event_entry e;

		event_entry_read(&e, &data, &r->entries[i]);
		hand_out(s, &e);
	}
	buf_fini(&data);
	s->verified = true;
}

static void
event_list_done(void *arg, enum err e, const struct script_reply *r)
{
	struct subscription *s = arg;
	struct feed *f = s->feed;

	s->asking = false;
	if (s->phase == ENDED || f == NULL) {
		s->phase = ENDED;
		release(s);
		return;
	}
	s->phase = WAITING;
	f->busy++;
	if (e == ERR_OK) {
		page_take(s, r);
		advance(s);
	} else if (e == ERR_INVALID_FIELD || e == ERR_INTERNAL) {
		s->cursor[0] = '\0';
		s->listener->resync(s->arg, stream_reader_position(f->reader), "unknown");
		advance(s);
	} else {
		event_add(f->wake, &again);
	}
	f->busy--;
	free_ended(f);
}

static void
page_request(struct subscription *s)
{
	struct script_args a;

	if (s->asking)
		return;
	s->phase = CATCHING_UP;
	s->asking = true;
	script_args_init(&a, SCRIPT_EVENT_LIST);
	script_args_add_str(&a, EVENT_LIST_ARG_SINCE, s->cursor);
	script_args_addf(&a, EVENT_LIST_ARG_MOST, "%d", PAGE);
	script_call(s->feed->redis, s->feed->prefix, &a, event_list_done, s);
}

static void
on_entry(void *arg, const struct stream_entry *entry)
{
	struct feed *f = arg;
	struct buf data = BUF_INIT;
	struct subscription *s;
	struct event_entry e;
	int64_t lag_ms = clock_wall_ms() - strtoll(entry->id, NULL, 10);

	metrics_observe(METRIC_EVENT_LAG, 0, lag_ms > 0 ? lag_ms * 1000 : 0);
	event_entry_read(&e, &data, entry);
	f->busy++;
	TAILQ_FOREACH(s, &f->all, link)
	if (s->phase == LIVE && stream_id_compare(s->cursor, entry->id) < 0)
		hand_out(s, &e);
	f->busy--;
	free_ended(f);
	buf_fini(&data);
}

static void
on_live(void *arg, const char *position, bool lost)
{
	struct feed *f = arg;
	struct subscription *s;

	(void)position;
	f->busy++;
	/* Subscriptions that were live catch up from their cursor, like those that waited. */
	TAILQ_FOREACH(s, &f->all, link)
	{
		if (s->phase == LIVE && !lost)
			continue;
		if (s->phase == LIVE)
			s->phase = WAITING;
		if (lost && s->cursor[0] != '\0')
			s->verified = false;
		if (s->phase == WAITING)
			advance(s);
	}
	f->busy--;
	free_ended(f);
}

static void
arm(struct feed *f)
{
	static const struct timeval idle = { IDLE_S, 0 };

	evtimer_add(f->idle, &idle);
}

/* Without subscribers for a while, the feed stops reading the stream. */
static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct feed *f = arg;

	(void)fd;
	(void)what;
	if (TAILQ_EMPTY(&f->all))
		stream_reader_stop(f->reader);
	else
		arm(f);
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct feed *f = arg;
	struct subscription *s;

	(void)fd;
	(void)what;
	f->busy++;
	TAILQ_FOREACH(s, &f->all, link)
	if (s->phase == WAITING)
		advance(s);
	f->busy--;
	free_ended(f);
}

struct feed *
feed_new(struct event_base *base, const struct redis_options *options,
    struct redis_connection *redis, const char *prefix)
{
	struct feed *f = xcalloc(1, sizeof(*f));

	f->redis = redis;
	f->prefix = prefix;
	f->reader = stream_reader_new(base, options, prefix, on_entry, on_live, f);
	f->idle = evtimer_new(base, on_idle, f);
	f->wake = event_new(base, -1, 0, on_wake, f);
	assert(f->idle != NULL && f->wake != NULL);
	TAILQ_INIT(&f->all);
	return f;
}

struct subscription *
feed_subscribe(struct feed *f, const struct event_filter *filter, const char *since,
    const struct feed_listener *listener, void *arg)
{
	struct subscription *s = xcalloc(1, sizeof(*s));

	s->feed = f;
	s->filter = *filter;
	s->listener = listener;
	s->arg = arg;
	snprintf(s->cursor, sizeof(s->cursor), "%s", since);
	TAILQ_INSERT_TAIL(&f->all, s, link);
	stream_reader_start(f->reader);
	arm(f);
	event_active(f->wake, EV_TIMEOUT, 0);
	return s;
}

void
feed_unsubscribe(struct subscription *s)
{
	s->phase = ENDED;
	release(s);
}

const char *
feed_position(const struct feed *f)
{
	return stream_reader_position(f->reader);
}

void
feed_free(struct feed *f)
{
	struct subscription *s;

	if (f == NULL)
		return;
	stream_reader_free(f->reader);
	while ((s = TAILQ_FIRST(&f->all)) != NULL) {
		TAILQ_REMOVE(&f->all, s, link);
		s->feed = NULL;
		free(s);
	}
	event_free(f->idle);
	event_free(f->wake);
	free(f);
}
