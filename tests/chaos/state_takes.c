/* Which node could be given an agent, by the records alone. */
#include "chaos/dump.h"
#include "chaos/state_internal.h"
#include "support/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* True if a comma-separated list has every item of another. */
static bool
has_all(const char *list, const char *wanted)
{
	const char *item = wanted;
	size_t len;

	for (; *item != '\0'; item += len + (item[len] == ',')) {
		len = strcspn(item, ",");
		if (strstr(fmt(",%s,", list), fmt(",%.*s,", (int)len, item)) == NULL)
			return false;
	}
	return true;
}

/* True if so much of the resource that the agent wants is left on the node. */
static bool
has_left(json_t *dump, const char *node, const char *wanted)
{
	const char *name = fmt("%.*s", (int)strcspn(wanted, "="), wanted);
	double declared =
	    strtod(state_pair(state_profile(dump, node, PROFILE_RESOURCES), name), NULL);
	double taken = strtod(state_pair(dump_text(dump, node, "allocated"), name), NULL);

	return *wanted == '\0' || declared - taken >= strtod(state_pair(wanted, name), NULL);
}

/* True if the node meets all but the spread. */
static bool
meets(json_t *dump, const char *node, const char *agent)
{
	const char *requires = state_requires(dump, agent);

	return state_eligible(dump, node) &&
	    has_all(
	        state_profile(dump, node, PROFILE_SERVICES), dump_text(dump, agent, "services")) &&
	    has_all(state_profile(dump, node, PROFILE_LABELS), state_word(requires, "label:")) &&
	    has_left(dump, node, state_word(requires, "resource:"));
}

/* How many agents of the group are in the domain. */
static int
number_in(json_t *dump, const char *group, const char *by, const char *domain)
{
	const char *key;
	json_t *value;
	int n = 0;

	json_object_foreach(dump, key, value)
	{
		const char *id =
		    dump_id(key, "assignment:") != NULL ? dump_text(dump, key, "node_id") : "";

		n += *id != '\0' &&
		    strcmp(state_word(state_requires(dump, key), "group:"), group) == 0 &&
		    strcmp(state_domain(dump, fmt("node:%s", id), by), domain) == 0;
	}
	return n;
}

/* The fewest agents of the group in a domain that has a node which meets all else. */
static int
least(json_t *dump, const char *agent, const char *group, const char *by)
{
	const char *key, *domain;
	json_t *value;
	int n = 0, fewest = -1;

	json_object_foreach(dump, key, value)
	{
		if (dump_id(key, "node:") == NULL || !meets(dump, key, agent))
			continue;
		domain = state_domain(dump, key, by);
		n = number_in(dump, group, by, domain);
		if (*domain != '\0' && (fewest < 0 || n < fewest))
			fewest = n;
	}
	return fewest;
}

static bool
is_spread(json_t *dump, const char *node, const char *agent)
{
	char group[64], spread[64], *rest = spread, domain[64];
	const char *by, *most, *skew;
	int n;

	snprintf(group, sizeof(group), "%s", state_word(state_requires(dump, agent), "group:"));
	snprintf(spread, sizeof(spread), "%s", state_word(state_requires(dump, agent), "spread:"));
	if (*spread == '\0')
		return true;
	by = strsep(&rest, "/");
	most = strsep(&rest, "/");
	skew = strsep(&rest, "/");
	snprintf(domain, sizeof(domain), "%s", state_domain(dump, node, by));
	n = number_in(dump, group, by, domain);
	return *domain != '\0' && (*most == '\0' || n < atoi(most)) &&
	    (*skew == '\0' || n < least(dump, agent, group, by) + atoi(skew));
}

bool
state_takes(json_t *dump, const char *node, const char *agent)
{
	return meets(dump, node, agent) && is_spread(dump, node, agent);
}
