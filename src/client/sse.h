/*
 * The parser of Server-Sent Events: bytes in, in pieces of any size; an event out for each empty
 * line, as the HTML standard has it (section 9.2.6). Not responsible for what an event means.
 */
#ifndef CLIENT_SSE_H
#define CLIENT_SSE_H

#include "base/buf.h"

#include <stdbool.h>

enum { SSE_EVENT_MAX = 1024 * 1024 }; /* a line, and the data of one event */

/* `type` is "message" where none was given, `id` that of the last event that had one. All are
 * borrowed for the call. */
typedef void (*sse_fn)(void *arg, const char *type, const char *id, const char *data);

struct sse {
	sse_fn fn;
	void *arg;
	struct buf line, type, data;
	struct buf id,
	    last_id;   /* of this event, and of the stream when an event was last complete */
	bool after_cr; /* a LF that follows belongs to the line that has ended */
	bool has_data;
	bool begun; /* past where a byte order mark can stand */
};

void sse_init(struct sse *s, sse_fn fn, void *arg);
void sse_fini(struct sse *s);

/* Forgets what is incomplete, for a new connection. The last id stays. */
void sse_restart(struct sse *s);

/* Sets the last id, as if an event had had it. */
void sse_set_last_id(struct sse *s, const char *id);

/* Reads the bytes. False where a line or an event is larger than SSE_EVENT_MAX: the stream cannot
 * be gone on with. */
bool sse_feed(struct sse *s, const char *bytes, size_t len);

#endif
