/*
 * Follows the stream of events by XREAD, on a connection of its own. It goes on after a reconnect,
 * and reports when it may have missed entries.
 */
#ifndef REDIS_STREAM_READER_H
#define REDIS_STREAM_READER_H

#include "redis/connection.h"
#include "redis/stream_entry.h"

struct stream_reader;

/* The next entry. Borrowed for the call. */
typedef void (*stream_entry_fn)(void *arg, const struct stream_entry *entry);

/*
 * From now on, every entry after `position` is handed out. `lost` is true if entries before it
 * may have been missed; at the start it is always true. `position` is borrowed for the call.
 */
typedef void (*stream_live_fn)(void *arg, const char *position, bool lost);

/*
 * Does nothing before stream_reader_start. `options` is copied; what it points to, and `prefix`,
 * are borrowed. Never NULL; free it with stream_reader_free.
 */
struct stream_reader *stream_reader_new(struct event_base *base,
    const struct redis_options *options, const char *prefix, stream_entry_fn entry,
    stream_live_fn live, void *arg);

/* Connects and follows the stream from its end on. Does nothing if it follows it already. */
void stream_reader_start(struct stream_reader *r);

/* Closes the connection. Must not be called from a callback of this reader. */
void stream_reader_stop(struct stream_reader *r);

/*
 * The id of the last entry that was handed out or, before the first, of the stream's end at the
 * start; "" before that is known. Borrowed.
 */
const char *stream_reader_position(const struct stream_reader *r);

/* Stops and frees the reader. Must not be called from a callback of it. NULL is allowed. */
void stream_reader_free(struct stream_reader *r);

#endif
