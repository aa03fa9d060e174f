/* Which events a subscriber wants. */
#ifndef API_EVENT_FILTER_H
#define API_EVENT_FILTER_H

#include "api/event_entry.h"
#include "base/id.h"

enum { EVENT_TYPES_SIZE = 128 };

struct event_filter {
	char types[EVENT_TYPES_SIZE]; /* "agent,node.suspect": groups or whole types; "" for all */
	char node_id[ID_MAX + 1];     /* the node of the event, or the previous one; "" for any */
	char agent_id[ID_MAX + 1];    /* "" for any */
};

/* True if the filter lets the event through. */
bool event_filter_passes(const struct event_filter *filter, const struct event_entry *e);

/* True if `types` is well-formed: groups, or types in known groups, separated by commas. */
bool event_filter_types_valid(const char *types);

#endif
