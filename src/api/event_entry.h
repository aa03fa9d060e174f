/*
 * One entry of the stream of changes, as it comes from Redis and as clients are shown it, in JSON.
 */
#ifndef API_EVENT_ENTRY_H
#define API_EVENT_ENTRY_H

#include "base/buf.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>

struct event_entry {
	const char *id;   /* of the stream's entry: X-Cluster-Index */
	const char *type; /* "agent.moved" */
	const char *data; /* JSON */
	size_t data_len;
	const redisReply *fields; /* name, value, … from element `from` on */
	size_t from;
};

/*
 * Reads an array of name, value, … from element `from` on; where that is 1 the first element is the
 * entry's id, else the caller sets `e->id`. The JSON goes into `data`, which must live as long as
 * `e`; what is read is borrowed. False where it is no event.
 */
bool event_entry_read(struct event_entry *e, struct buf *data, const redisReply *r, size_t from);

/* The value of the entry's field `name`, "" where there is none. Borrowed. */
const char *event_entry_field(const struct event_entry *e, const char *name);

#endif
