/* One entry of the stream of changes: as Redis has it, and as clients see it, in JSON. */
#ifndef API_EVENT_ENTRY_H
#define API_EVENT_ENTRY_H

#include "base/buf.h"
#include "redis/reply.h"

#include <stdbool.h>

struct event_entry {
	const char *id;   /* of the entry; X-Cluster-Index */
	const char *type; /* "agent.moved" */
	const char *data; /* JSON */
	size_t data_len;
	const struct reply *fields; /* name, value, … from element `from` on */
	size_t from;
};

/*
 * Reads the array `r` of name, value, … from element `from` on. If that is 1, the first element is the
 * id of the entry; else the caller must set `e->id`. The JSON goes into `data`, which must live as long
 * as `e` does, and so must `r`. False if this is no event.
 */
bool event_entry_read(struct event_entry *e, struct buf *data, const struct reply *r, size_t from);

/* The value of the entry's field `name`, "" where there is none. Borrowed. */
const char *event_entry_field(const struct event_entry *e, const char *name);

#endif
