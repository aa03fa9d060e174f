/* One entry of the stream of events: as Redis has it, and as clients see it, in JSON. */
#ifndef API_EVENT_ENTRY_H
#define API_EVENT_ENTRY_H

#include "base/buf.h"
#include "redis/stream_entry.h"

struct event_entry {
	const char *id;   /* of the entry; X-Cluster-Index */
	const char *type; /* "agent.moved" */
	const char *data; /* JSON */
	size_t data_len;
	const struct stream_entry *entry; /* as Redis has it */
};

/*
 * Makes an event of an entry. The JSON is written to `data`, which replaces its contents. `data`
 * and the entry must live as long as `e`.
 */
void event_entry_read(struct event_entry *e, struct buf *data, const struct stream_entry *entry);

/* The value of the entry's field `name`, "" if there is none. Borrowed. */
const char *event_entry_field(const struct event_entry *e, const char *name);

#endif
