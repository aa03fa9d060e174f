/* A client for Server-Sent Events: returns one event at a time, with a deadline. */
#ifndef SUPPORT_SSE_H
#define SUPPORT_SSE_H

#include <stdbool.h>
#include <stddef.h>

struct sse {
	int fd; /* -1 when closed */
	int status;
	char *in; /* received bytes that are not yet returned */
	size_t len, size;
	bool chunked;
	size_t chunk_size,
	    chunk_left; /* of the size line that is being read; of the present chunk */
	char id[64];    /* the last id that was received, to resume from */
};

struct sse_event {
	char id[64];
	char type[64]; /* "" for an event that only carries a position */
	char data[1024];
};

/* Opens `path` at 127.0.0.1:`port`, with this Last-Event-ID unless it is NULL, and reads the
 * headers. Returns false on failure. */
bool sse_open(struct sse *s, int port, const char *path, const char *last_event_id);

/*
 * Reads the next event, skipping those that only carry a position. Returns false at the deadline,
 * and if the server has closed the stream.
 */
bool sse_next(struct sse *s, struct sse_event *e, long ms);

/* Waits until the stream sends its position. From then on, no event is missed. */
bool sse_live(struct sse *s, long ms);

void sse_close(struct sse *s);

#endif
