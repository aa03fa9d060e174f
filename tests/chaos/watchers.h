/*
 * Followers of the event stream. Each has a thread that follows it at any front-end for a short while,
 * and goes on from its last event at another one: so the end of a replay often races with new events.
 * They check that events come in order and no event comes twice.
 */
#ifndef CHAOS_WATCHERS_H
#define CHAOS_WATCHERS_H

#include "chaos/findings.h"
#include "chaos/fleet.h"
#include "support/rng.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WATCHERS = 3 };

struct watcher {
	pthread_t thread;
	struct fleet *fleet;
	struct rng rng;
	atomic_bool stop;
	atomic_ulong events; /* how many it has got */
	pthread_mutex_t lock;
	char wrong[160]; /* what was wrong first; "" for nothing */
};

/* Starts the threads of watchers[0] to watchers[WATCHERS - 1]. */
void watchers_start(struct watcher *watchers, struct fleet *fl, uint64_t seed);
void watchers_stop(struct watcher *watchers);

/* Adds a finding EVENT_AGAIN for each watcher that has got an event out of order since the last call. */
void watchers_check(struct watcher *watchers, struct findings *f);

#endif
