/* Watchers. Invariant: `last` is the id of the last event, or of a resync after it. */
#include "chaos/watchers.h"

#include "api/stream_id.h"
#include "support/api.h"
#include "support/sse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EVENT_MS = 300, STAY_MAX = 30, PAUSE_MS = 20 };

static void
note_wrong(struct watcher *w, const char *last, const struct sse_event *e)
{
	pthread_mutex_lock(&w->lock);
	if (w->wrong[0] == '\0')
		snprintf(w->wrong, sizeof(w->wrong), "%.60s came after %.60s", e->id, last);
	pthread_mutex_unlock(&w->lock);
}

/* Follows the stream for some events. A resync says that order has been lost, as after a failover. */
static void
follow(struct watcher *w, char last[64])
{
	int port = w->fleet->daemon[rng_between(&w->rng, 0, DAEMONS - 1)].port;
	int stay = rng_between(&w->rng, 1, STAY_MAX);
	struct sse_event e;
	struct sse s;

	if (!sse_open(&s, port, "/api/cluster/events", *last != '\0' ? last : NULL))
		return;
	while (stay-- > 0 && !atomic_load(&w->stop) && sse_next(&s, &e, EVENT_MS)) {
		bool resync = strcmp(e.type, "resync") == 0;

		if (!resync && *last != '\0' && stream_id_compare(e.id, last) <= 0)
			note_wrong(w, last, &e);
		if (e.id[0] != '\0')
			snprintf(last, 64, "%s", e.id);
		atomic_fetch_add(&w->events, 1);
	}
	sse_close(&s);
}

static void *
run(void *arg)
{
	const struct timespec pause = { 0, PAUSE_MS * 1000000L };
	struct watcher *w = arg;
	char last[64] = "";

	while (!atomic_load(&w->stop)) {
		follow(w, last);
		nanosleep(&pause, NULL);
	}
	api_reset();
	return NULL;
}

void
watchers_start(struct watcher *watchers, struct fleet *fl, uint64_t seed)
{
	int i;

	for (i = 0; i < WATCHERS; i++) {
		struct watcher *w = &watchers[i];

		*w = (struct watcher){ .fleet = fl };
		w->rng.state = seed * 613 + (uint64_t)i;
		pthread_mutex_init(&w->lock, NULL);
		if (pthread_create(&w->thread, NULL, run, w) != 0)
			abort();
	}
}

void
watchers_stop(struct watcher *watchers)
{
	int i;

	for (i = 0; i < WATCHERS; i++)
		atomic_store(&watchers[i].stop, true);
	for (i = 0; i < WATCHERS; i++) {
		pthread_join(watchers[i].thread, NULL);
		pthread_mutex_destroy(&watchers[i].lock);
	}
}

void
watchers_check(struct watcher *watchers, struct findings *f)
{
	int i;

	for (i = 0; i < WATCHERS; i++) {
		struct watcher *w = &watchers[i];

		pthread_mutex_lock(&w->lock);
		if (w->wrong[0] != '\0')
			findings_add(f, FINDING_EVENT_AGAIN, "events", "%s", w->wrong);
		w->wrong[0] = '\0';
		pthread_mutex_unlock(&w->lock);
	}
}
