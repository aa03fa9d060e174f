/*
 * The event feed of one loop: it reads the stream of changes once, and gives each event to all
 * subscribers on this loop, who may start from any earlier event.
 */
#ifndef API_FEED_H
#define API_FEED_H

#include "api/event_filter.h"
#include "redis/stream_reader.h"

#include <stdbool.h>

struct feed;
struct subscription;

/* The callbacks of a subscriber. They must not end other subscriptions than their own. */
struct feed_listener {
	/* An event that passes the filter. Borrowed. */
	void (*event)(void *arg, const struct event_entry *e);
	/* From now on new events after `position` come as they happen. Follows the missed events. */
	void (*live)(void *arg, const char *position);
	/* Events up to `position` are lost to it: its index is "unknown", or "too_old", the reason. */
	void (*resync)(void *arg, const char *position, const char *reason);
	/* True while it has enough missed events to handle; they wait meanwhile. NULL: never. */
	bool (*full)(void *arg);
};

/* Missed events are read over `redis`, which is borrowed like `prefix`. Never NULL. */
struct feed *feed_new(struct event_base *base, const struct redis_options *options,
    struct redis_connection *redis, const char *prefix);

/*
 * Subscribes. `since` is the id of the last event that is known; "" for new events only. `filter` and
 * `since` are copied, `listener` and `arg` are borrowed. Nothing is called before this returns.
 */
struct subscription *feed_subscribe(struct feed *f, const struct event_filter *filter,
    const char *since, const struct feed_listener *listener, void *arg);

/* Ends a subscription. Nothing is called any more. May be called from its own callbacks. */
void feed_unsubscribe(struct subscription *s);

/* The id of the last event that was given out; "" while the stream cannot be read. */
const char *feed_position(const struct feed *f);

/*
 * Frees the feed. Its `redis` must have been freed before. Subscriptions that are left end silently.
 */
void feed_free(struct feed *f);

#endif
