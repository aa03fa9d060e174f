/* Which events somebody wants to hear of. */
#ifndef API_EVENT_FILTER_H
#define API_EVENT_FILTER_H

#include "api/event_entry.h"
#include "base/id.h"

enum { EVENT_TYPES_SIZE = 128 };

struct event_filter {
	char types[EVENT_TYPES_SIZE]; /* "agent,node.suspect": groups or whole types; "" for all */
	char node_id[ID_MAX + 1];     /* the node now or before; "" for any */
	char agent_id[ID_MAX + 1];    /* "" for any */
};

/* True where the filter lets the event through. */
bool event_filter_passes(const struct event_filter *filter, const struct event_entry *e);

/* True where `types` is well-formed: known groups, or types of these groups, between commas. */
bool event_filter_types_valid(const char *types);

#endif
