/*
 * The event feed of one loop: reads the stream of changes once, and hands each event to whoever on
 * this loop has subscribed to it, from whichever event on they ask for.
 */
#ifndef API_FEED_H
#define API_FEED_H

#include "api/event_filter.h"
#include "redis/stream_reader.h"

#include <stdbool.h>

struct feed;
struct subscription;

/* What a subscriber is told. Neither function may unsubscribe others than itself. */
struct feed_listener {
	/* An event that the filter lets through; borrowed. */
	void (*event)(void *arg, const struct event_entry *e);
	/* All events after `position` come from now on, at the start and ... */
	void (*live)(void *arg, const char *position);
	/* ... after some were missed, for a `reason`: "unknown" index, or one that is "too_old". */
	void (*resync)(void *arg, const char *position, const char *reason);
	/* True while it wants no more of what it missed, as it has enough to do; NULL: never. */
	bool (*full)(void *arg);
};

/* `redis` answers what a subscriber missed; it and `prefix` are borrowed. Never NULL. */
struct feed *feed_new(struct event_base *base, const struct redis_options *options,
    struct redis_connection *redis, const char *prefix);

/*
 * Subscribes. since: the id of the last event that is known; "" for what comes from now on. All
 * arguments but `listener` and `arg` are copied. Nothing is called before this returns.
 */
struct subscription *feed_subscribe(struct feed *f, const struct event_filter *filter,
    const char *since, const struct feed_listener *listener, void *arg);

/* Ends it; also from within its own listener. Nothing is called any more. */
void feed_unsubscribe(struct subscription *s);

/* The id of the last event handed out, "" while the stream cannot be read. */
const char *feed_position(const struct feed *f);

/*
 * Frees the feed, whose `redis` must have been freed before. Subscriptions that are left end
 * without a word.
 */
void feed_free(struct feed *f);

#endif
