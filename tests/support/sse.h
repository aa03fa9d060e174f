/* A client of Server-Sent Events for tests: one event at a time, each within a deadline. */
#ifndef SUPPORT_SSE_H
#define SUPPORT_SSE_H

#include <stdbool.h>
#include <stddef.h>

struct sse {
	int fd; /* -1 when closed */
	int status;
	char *in; /* received and not yet returned */
	size_t len, size;
	char id[64]; /* the last that was seen: what to resume from */
};

struct sse_event {
	char id[64];
	char type[64]; /* "" for one that only says how far the stream is */
	char data[1024];
};

/* Opens `path` at 127.0.0.1:`port`, with that Last-Event-ID unless NULL, and reads the head. */
bool sse_open(struct sse *s, int port, const char *path, const char *last_event_id);

/*
 * The next event, without those that only say how far the stream is. False at the deadline, and
 * where the server has closed.
 */
bool sse_next(struct sse *s, struct sse_event *e, long ms);

/* Waits until the stream says how far it is: from then on nothing is missed. */
bool sse_live(struct sse *s, long ms);

void sse_close(struct sse *s);

#endif
