/*
 * Follows a stream of Redis by XREAD on a connection of its own, across reconnects, and says so
 * where it has missed something.
 */
#ifndef REDIS_STREAM_READER_H
#define REDIS_STREAM_READER_H

#include "redis/connection.h"

enum { STREAM_ID_SIZE = 48 };

struct stream_reader;

/* The next entry: its id and its fields, an array of name, value, …; borrowed for the call. */
typedef void (*stream_entry_fn)(void *arg, const char *id, const redisReply *fields);

/*
 * From now on all entries after `position` come. `lost`: entries before it may have been missed,
 * as they always are at the start.
 */
typedef void (*stream_live_fn)(void *arg, const char *position, bool lost);

/*
 * Idle until stream_reader_start. `options` is copied but for what it points to; `prefix` is
 * borrowed. Never NULL.
 */
struct stream_reader *stream_reader_new(struct event_base *base,
    const struct redis_options *options, const char *prefix, stream_entry_fn entry,
    stream_live_fn live, void *arg);

/* Connects and follows, from the stream's end on. Does nothing where it does already. */
void stream_reader_start(struct stream_reader *r);

/* Closes the connection. Not to be called from one of the reader's own callbacks. */
void stream_reader_stop(struct stream_reader *r);

/* The id of the last entry that was given out, or of the stream's end at the start; "" before. */
const char *stream_reader_position(const struct stream_reader *r);

/* Stops and frees, from outside its callbacks. */
void stream_reader_free(struct stream_reader *r);

#endif
