/*
 * The events of a lane. They are compared as a client reads them, in their order; their ids are not, for
 * the events of one call may share an entry of the stream.
 */
#ifndef SUPPORT_EVENT_LOG_H
#define SUPPORT_EVENT_LOG_H

#include "support/lane.h"

enum { EVENTS_MAX = 8192 };

struct event {
	char id[64];
	char text[1024]; /* its type, and its data as JSON */
};

struct event_log {
	int n;
	struct event event[EVENTS_MAX];
};

/* Reads all events since the last lane_reset, up to one that is made for the purpose. */
void event_log_read(struct event_log *log, struct lane *l);

/*
 * Adds to `out` in what the events of a lane differ from those of single requests, and which replies
 * named another event than the one of their change. a, single: the log and the lane of single requests.
 */
void event_log_compare(struct buf *out, const struct scenario *sc, const struct event_log *a,
    const struct lane *single, const struct event_log *b, const struct lane *l);

#endif
