/*
 * The event feed of one loop: it reads the stream of events once and gives each event to all
 * subscribers on this loop, which may start from any earlier event.
 */
#ifndef API_FEED_H
#define API_FEED_H

#include "api/event_filter.h"
#include "redis/stream_reader.h"

#include <stdbool.h>

struct feed;
struct subscription;

/* The callbacks of a subscriber. A callback must not end any other subscription. */
struct feed_listener {
	/* An event that passes the filter. Borrowed. */
	void (*event)(void *arg, const struct event_entry *e);
	/* All earlier events were given. From now on, events after `position` come as they happen. */
	void (*live)(void *arg, const char *position);
	/*
	 * Events up to `position` may be missed, because its index is `reason`: "unknown" or
	 * "too_old".
	 */
	void (*resync)(void *arg, const char *position, const char *reason);
	/* True while it cannot take more of the earlier events, which then wait. NULL: never. */
	bool (*full)(void *arg);
};

/*
 * Earlier events are read over `redis`, new ones over a connection of its own, made with
 * `options`. `redis`, `prefix` and what `options` points to are borrowed. Never NULL; free it
 * with feed_free.
 */
struct feed *feed_new(struct event_base *base, const struct redis_options *options,
    struct redis_connection *redis, const char *prefix);

/*
 * Subscribes. `since` is the id of the last event that the subscriber has; "" for new events
 * only. `filter` and `since` are copied, `listener` and `arg` are borrowed. Nothing is called
 * before this returns. End the subscription with feed_unsubscribe.
 */
struct subscription *feed_subscribe(struct feed *f, const struct event_filter *filter,
    const char *since, const struct feed_listener *listener, void *arg);

/* Ends a subscription and frees it. Nothing is called afterwards. Its own callbacks may call this. */
void feed_unsubscribe(struct subscription *s);

/* The id of the last event that was given out; "" while the stream cannot be read. */
const char *feed_position(const struct feed *f);

/*
 * Frees the feed. Its `redis` must have been freed before. Remaining subscriptions end without a
 * call.
 */
void feed_free(struct feed *f);

#endif
