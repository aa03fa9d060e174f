/* A client of the event stream, for tests: what does not come fails the test. */
#ifndef SUPPORT_EVENT_STREAM_H
#define SUPPORT_EVENT_STREAM_H

#include "support/cluster.h"
#include "support/sse.h"

#define EVENTS_PATH "/api/cluster/events"

enum { EVENTS_SOON_MS = 5000 }; /* within which an event comes */

/* Opens the stream with this query, "" for none, and this Last-Event-ID, NULL for none. */
struct sse events_follow(const struct musterd *m, const char *query, const char *from);

/* The next event must have this type and, among others, the members of this JSON object. */
#define events_expect(s, type, members) events_expect_at(__FILE__, __LINE__, s, type, members)
void events_expect_at(
    const char *file, int line, struct sse *s, const char *type, const char *members);

#endif
