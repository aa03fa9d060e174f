/* One event of the stream of changes: from Redis' fields to JSON, and whom it concerns. */
#ifndef API_EVENT_ENTRY_H
#define API_EVENT_ENTRY_H

#include "api/feed.h"
#include "base/buf.h"

#include <hiredis/hiredis.h>

/*
 * Reads an array of name, value, … from element `from` on; where that is 1 the first element is the
 * entry's id, else the caller sets `e->id`. The JSON goes into `data`, which must live as long as
 * `e`; what is read is borrowed. False where it is no event.
 */
bool event_entry_read(struct event_entry *e, struct buf *data, const redisReply *r, size_t from);

/* True where the filter lets the event through. */
bool event_filter_passes(const struct event_entry *e, const struct event_filter *filter);

/* True for the id of a stream's entry, "1767607961318-0". */
bool stream_id_valid(const char *s);

/* Below, at or above 0 as the id `a` of a stream's entry is before, equal to or after `b`. */
int stream_id_compare(const char *a, const char *b);

#endif
