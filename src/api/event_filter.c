/* Filters of events. */
#include "api/event_filter.h"

#include "base/error.h"

#include <string.h>

static const char *const groups[] = { "node", "agent", "leader", "strategy", "hold" };

/* True if the list `types` has the type or its group. */
static bool
type_listed(const char *types, const char *type)
{
	size_t group = strcspn(type, "."), whole = strlen(type);

	while (*types != '\0') {
		size_t n = strcspn(types, ",");

		if ((n == whole || n == group) && memcmp(types, type, n) == 0)
			return true;
		types += n + (types[n] == ',');
	}
	return false;
}

bool
event_filter_passes(const struct event_filter *filter, const struct event_entry *e)
{
	if (filter->types[0] != '\0' && !type_listed(filter->types, e->type))
		return false;
	if (filter->agent_id[0] != '\0' &&
	    strcmp(event_entry_field(e, "agent_id"), filter->agent_id) != 0)
		return false;
	return filter->node_id[0] == '\0' ||
	    strcmp(event_entry_field(e, "node_id"), filter->node_id) == 0 ||
	    strcmp(event_entry_field(e, "previous_node_id"), filter->node_id) == 0;
}

bool
event_filter_types_valid(const char *types)
{
	size_t i;

	if (strlen(types) >= EVENT_TYPES_SIZE)
		return false;
	while (*types != '\0') {
		size_t n = strcspn(types, ","), group = strcspn(types, ".,");

		for (i = 0; i < ARRAY_LEN(groups); i++)
			if (strlen(groups[i]) == group && memcmp(groups[i], types, group) == 0)
				break;
		if (i == ARRAY_LEN(groups) || group + 1 == n ||
		    strspn(types + group, ".abcdefghijklmnopqrstuvwxyz") < n - group)
			return false;
		types += n;
		if (*types == ',' && *++types == '\0')
			return false;
	}
	return true;
}
