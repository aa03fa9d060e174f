/*
 * A parser for Server-Sent Events, as in the HTML standard (section 9.2.6). It takes bytes in
 * pieces of any size and calls back with an event at each empty line. It does not interpret events.
 */
#ifndef CLIENT_SSE_H
#define CLIENT_SSE_H

#include "base/buf.h"

#include <stdbool.h>

enum { SSE_EVENT_MAX = 1024 * 1024 }; /* limit for a line, and for the data of one event */

/* `type` is "message" if the event had none. `id` is the id of the last event that had one. All are
 * borrowed until the callback returns. */
typedef void (*sse_fn)(void *arg, const char *type, const char *id, const char *data);

struct sse {
	sse_fn fn;
	void *arg;
	struct buf line, type, data;
	struct buf id, last_id; /* of the current event; and of the last complete event */
	bool after_cr;          /* skip a LF that follows: it ends the same line */
	bool has_data;
	bool begun; /* past the place where a byte order mark may be */
};

void sse_init(struct sse *s, sse_fn fn, void *arg);
void sse_fini(struct sse *s);

/* Discards an incomplete event, for a new connection. Keeps the last id. */
void sse_restart(struct sse *s);

/* Sets the last id, as if an event had had this id. */
void sse_set_last_id(struct sse *s, const char *id);

/* Parses the bytes. Returns false if a line or an event is larger than SSE_EVENT_MAX; the stream
 * cannot continue after that. */
bool sse_feed(struct sse *s, const char *bytes, size_t len);

#endif
