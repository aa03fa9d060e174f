/*
 * Checks what follows from requirements and from what the nodes offer: resources, groups and the sets by
 * label, zone and class. Invariant: the records of agents and nodes are the source; the derived keys are made
 * anew from them and compared.
 */
#include "chaos/dump.h"
#include "chaos/state_internal.h"
#include "support/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACED_REQUIRES = 3 }; /* the part of an agent's `placed`, counted from 0 */

static const char *
part_of(const char *row, int i)
{
	for (; i > 0 && *row != '\0'; i--) {
		row += strcspn(row, "\t");
		row += *row == '\t';
	}
	return fmt("%.*s", (int)strcspn(row, "\t"), row);
}

const char *
state_profile(json_t *dump, const char *node, enum state_profile i)
{
	return part_of(dump_text(dump, node, "profile"), i);
}

const char *
state_requires(json_t *dump, const char *agent)
{
	return part_of(dump_text(dump, agent, "placed"), PLACED_REQUIRES);
}

const char *
state_word(const char *requires, const char *word)
{
	const char *at = strstr(fmt(" %s", requires), fmt(" %s", word));

	at = at != NULL ? at + 1 + strlen(word) : "";
	return fmt("%.*s", (int)strcspn(at, " "), at);
}

const char *
state_pair(const char *list, const char *name)
{
	const char *at = strstr(fmt(",%s", list), fmt(",%s=", name));

	at = at != NULL ? at + strlen(name) + 2 : "";
	return fmt("%.*s", (int)strcspn(at, ","), at);
}

const char *
state_domain(json_t *dump, const char *node, const char *by)
{
	if (strcmp(by, "node") == 0)
		return dump_id(node, "node:");
	if (strcmp(by, "zone") == 0)
		return state_profile(dump, node, PROFILE_ZONE);
	return state_pair(state_profile(dump, node, PROFILE_LABELS), by + strlen("label:"));
}

/* Adds a number to a member of a key that is to be there. */
static void
add(json_t *should, const char *key, const char *member, double n)
{
	json_t *members = json_object_get(should, key);

	if (members == NULL)
		json_object_set_new(should, key, members = json_object());
	n += json_number_value(json_object_get(members, member));
	json_object_set_new(members, member, json_real(n));
}

/* Adds what each "name=value" of a list makes, in this way. */
static void
each_pair(const char *list, json_t *should, const char *id,
    void (*fn)(json_t *should, const char *id, const char *name, const char *value))
{
	char text[1024], *rest = text, *name, *value;

	snprintf(text, sizeof(text), "%s", list);
	while (*text != '\0' && (name = strsep(&rest, ",")) != NULL) {
		value = strchr(name, '=');
		*value++ = '\0';
		fn(should, id, name, value);
	}
}

static void
add_label(json_t *should, const char *id, const char *key, const char *value)
{
	add(should, fmt("trait:label:%s=%s", key, value), id, 0);
	add(should, fmt("domains:label:%s", key), value, 1);
}

static void
add_declared(json_t *should, const char *id, const char *name, const char *amount)
{
	add(should, fmt("resource:%s", name), id, strtod(amount, NULL));
	add(should, "resources", fmt("total:%s", name), strtod(amount, NULL));
}

static void
add_taken(json_t *should, const char *id, const char *name, const char *amount)
{
	if (json_object_get(json_object_get(should, fmt("resource:%s", name)), id) != NULL)
		add(should, fmt("resource:%s", name), id, -strtod(amount, NULL));
	add(should, "resources", fmt("allocated:%s", name), strtod(amount, NULL));
	add(should, fmt("allocated:%s", id), name, strtod(amount, NULL));
}

static void
add_node(json_t *dump, const char *key, json_t *should)
{
	const char *id = dump_id(key, "node:"), *zone = state_profile(dump, key, PROFILE_ZONE);

	if (*zone != '\0') {
		add(should, fmt("trait:zone=%s", zone), id, 0);
		add(should, "domains:zone", zone, 1);
	}
	each_pair(state_profile(dump, key, PROFILE_LABELS), should, id, add_label);
	each_pair(state_profile(dump, key, PROFILE_RESOURCES), should, id, add_declared);
	if (state_is(dump, key, "status", "online") && state_healthy(dump, key))
		add(should, fmt("ready:%s", dump_text(dump, key, "class")), id, 0);
}

/* The group's ways that are counted up to the last node. */
static void
add_to_ways(json_t *dump, const char *group, const char *node, json_t *should)
{
	const char *by;
	json_t *until;

	json_object_foreach(json_object_get(dump, fmt("group_ways:%s", group)), by, until)
	{
		const char *domain = *by == ' ' ? "" : state_domain(dump, node, by);

		if (*json_string_value(until) == '\0' && *domain != '\0')
			add(should, fmt("group_domains:%s/%s", by, group), domain, 1);
	}
}

static void
add_agent(json_t *dump, const char *key, json_t *should)
{
	const char *id = dump_text(dump, key, "node_id"), *requires = state_requires(dump, key);
	const char *group = state_word(requires, "group:"), *at;

	if (*id == '\0')
		return;
	for (at = requires; (at = strstr(at, "resource:")) != NULL; at++)
		each_pair(state_word(at, "resource:"), should, id, add_taken);
	if (*group == '\0')
		return;
	add(should, fmt("group_nodes:%s", group), id, 1);
	add(should, fmt("node_groups:%s", id), group, 1);
	add_to_ways(dump, group, fmt("node:%s", id), should);
}

/* All derived keys as they should be. */
static json_t *
derive(json_t *dump)
{
	json_t *should = json_object(), *value;
	const char *key;

	json_object_foreach(dump, key, value)
	{
		if (dump_id(key, "node:") != NULL)
			add_node(dump, key, should);
	}
	json_object_foreach(dump, key, value)
	{
		if (dump_id(key, "assignment:") != NULL)
			add_agent(dump, key, should);
	}
	return should;
}

static bool
is_derived(const char *key)
{
	static const char *const kinds[] = { "resource",
		"group_nodes:", "group_domains:", "node_groups:", "trait:", "domains:", "ready:" };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (dump_id(key, kinds[i]) != NULL)
			return true;
	return false;
}

/* Compares one key: `is` with what it should be, either of which may be NULL. */
static void
compare(json_t *dump, json_t *should, const char *key, struct findings *f)
{
	const char *member;
	json_t *value;

	json_object_foreach(json_object_get(should, key), member, value)
	{
		if (dump_get(dump, key, member) == NULL ||
		    dump_number(dump, key, member) != json_number_value(value))
			findings_add(f, FINDING_REQUIREMENTS, key,
			    "%s is '%s' %.0f, should be %.0f", member, dump_text(dump, key, member),
			    dump_number(dump, key, member), json_number_value(value));
	}
	json_object_foreach(json_object_get(dump, key), member, value)
	{
		if (dump_get(should, key, member) == NULL)
			findings_add(f, FINDING_REQUIREMENTS, key, "has %s wrongly", member);
	}
}

/* What a node has given is the sum over its agents. */
static void
check_allocated(json_t *dump, json_t *should, const char *key, struct findings *f)
{
	const char *id = dump_id(key, "node:"), *list = dump_text(dump, key, "allocated"), *name,
	           *at;
	json_t *sums = json_object_get(should, fmt("allocated:%s", id)), *sum;
	size_t n = 0;

	json_object_foreach(sums, name, sum)
	{
		n++;
		if (strtod(state_pair(list, name), NULL) != json_number_value(sum))
			findings_add(f, FINDING_RESOURCES, id,
			    "allocated is '%s', %s should be %.0f", list, name,
			    json_number_value(sum));
	}
	for (at = list; (at = strchr(at, '=')) != NULL; at++)
		n--;
	if (n != 0)
		findings_add(f, FINDING_RESOURCES, id, "allocated is '%s', should be %zu names",
		    list, json_object_size(sums));
}

/* A node has given no more than it declares. */
static void
check_taken(json_t *dump, json_t *should, const char *key, struct findings *f)
{
	const char *id = dump_id(key, "node:"), *name;
	const char *declared = state_profile(dump, key, PROFILE_RESOURCES);
	json_t *sum;

	json_object_foreach(json_object_get(should, fmt("allocated:%s", id)), name, sum)
	{
		if (json_number_value(sum) > strtod(state_pair(declared, name), NULL))
			findings_add(f, FINDING_OVER_CAPACITY, id, "%s: %.0f of '%s' are taken",
			    name, json_number_value(sum), declared);
	}
}

/* No domain has more agents of a group than each of them has allowed. */
static void
check_spread(json_t *dump, json_t *should, const char *key, struct findings *f)
{
	const char *requires = state_requires(dump, key), *group = state_word(requires, "group:");
	const char *spread = state_word(requires, "spread:"), *most = strchr(spread, '/');
	const char *node = fmt("node:%s", dump_text(dump, key, "node_id"));
	const char *by = fmt("%.*s", (int)strcspn(spread, "/"), spread), *domain;
	const char *counts = strcmp(by, "node") == 0 ? fmt("group_nodes:%s", group)
	                                             : fmt("group_domains:%s/%s", by, group);

	if (strcmp(node, "node:") == 0 || most == NULL || atoi(most + 1) == 0)
		return;
	domain = state_domain(dump, node, by);
	if (dump_number(should, counts, domain) > atoi(most + 1))
		findings_add(f, FINDING_SPREAD, dump_id(key, "assignment:"),
		    "%.0f of %s are in %s, which may have %d", dump_number(should, counts, domain),
		    group, domain, atoi(most + 1));
}

void
state_check_requirements(json_t *dump, struct findings *f)
{
	json_t *should = derive(dump), *value;
	const char *key;

	json_object_foreach(dump, key, value)
	{
		if (is_derived(key))
			compare(dump, should, key, f);
		if (dump_id(key, "node:") != NULL)
			check_allocated(dump, should, key, f);
	}
	json_object_foreach(should, key, value)
	{
		if (is_derived(key) && json_object_get(dump, key) == NULL)
			compare(dump, should, key, f);
	}
	json_decref(should);
}

void
state_check_limits(json_t *dump, struct findings *f)
{
	json_t *should = derive(dump), *value;
	const char *key;

	json_object_foreach(dump, key, value)
	{
		if (dump_id(key, "node:") != NULL)
			check_taken(dump, should, key, f);
		if (dump_id(key, "assignment:") != NULL)
			check_spread(dump, should, key, f);
	}
	json_decref(should);
}
