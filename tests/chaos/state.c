/*
 * Checks agents, nodes, totals and classes. Invariant: the hashes of assignments and nodes are the
 * source; everything else is compared with what follows from them.
 */
#include "chaos/state.h"

#include "chaos/dump.h"
#include "chaos/state_internal.h"
#include "support/api.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
state_is(json_t *dump, const char *key, const char *field, const char *value)
{
	return strcmp(dump_text(dump, key, field), value) == 0;
}

bool
state_healthy(json_t *dump, const char *node)
{
	return !state_is(dump, node, "suspect", "1") && state_is(dump, node, "healthy", "1");
}

bool
state_eligible(json_t *dump, const char *node)
{
	return state_is(dump, node, "status", "online") && state_healthy(dump, node) &&
	    !state_is(dump, node, "role", "replica") &&
	    dump_number(dump, node, "active_agents") < dump_number(dump, node, "max_agents");
}

static void
check_assigned(json_t *dump, const char *key, const char *id, struct findings *f)
{
	const char *node = dump_text(dump, key, "node_id");

	if (json_object_get(dump, fmt("node:%s", node)) == NULL)
		findings_add(f, FINDING_OWNER, id, "is on %s, which has no record", node);
	if (dump_get(dump, fmt("node_agents:%s", node), id) == NULL)
		findings_add(
		    f, FINDING_REVERSE_INDEX, id, "is on %s and not among its agents", node);
	if (dump_get(dump, "pending", id) != NULL)
		findings_add(f, FINDING_PENDING, id, "is assigned and in the queue");
}

static void
check_pending(json_t *dump, const char *key, const char *id, struct findings *f)
{
	const char *requires = state_requires(dump, key);
	const char *group = fmt("pending_group:%s%s%s", dump_text(dump, key, "services"),
	    *requires != '\0' ? "|" : "", requires);
	double number = dump_number(dump, key, "queued");

	if (*dump_text(dump, key, "node_id") != '\0')
		findings_add(f, FINDING_PENDING, id, "waits and has a node");
	if (dump_get(dump, "pending", id) == NULL || dump_number(dump, "pending", id) != number)
		findings_add(
		    f, FINDING_PENDING, id, "waits and is not in the queue as %.0f", number);
	/* A group's name is the sorted list of services. The clients send sorted lists. */
	if (dump_get(dump, group, id) == NULL || dump_number(dump, group, id) != number)
		findings_add(
		    f, FINDING_PENDING, id, "waits and is not in %s as %.0f", group, number);
}

/* The number of an agent in the order of creation, which its record has as the third part of `placed`. */
static int
number_of(json_t *dump, const char *id)
{
	const char *at = strchr(dump_text(dump, fmt("assignment:%s", id), "placed"), '\t');

	at = at == NULL ? NULL : strchr(at + 1, '\t');
	return at == NULL ? 0 : atoi(at + 1);
}

static void
check_page(json_t *dump, const char *key, const char *page, struct findings *f)
{
	const char *id;
	json_t *value;

	if (dump_get(dump, "roster", page) == NULL)
		findings_add(f, FINDING_LIST, page, "is a page that the roster does not have");
	json_object_foreach(json_object_get(dump, key), id, value)
	{
		if (json_object_get(dump, fmt("assignment:%s", id)) == NULL)
			findings_add(f, FINDING_LIST, id, "is in the roster and has no record");
	}
}

static void
check_listed(json_t *dump, const char *id, struct findings *f)
{
	int number = number_of(dump, id), page = (number + 31) / 32;

	if (dump_number(dump, fmt("roster:%d", page), id) != number)
		findings_add(
		    f, FINDING_LIST, id, "is not in page %d of the roster as %d", page, number);
	if (dump_number(dump, "totals", "created") < number)
		findings_add(
		    f, FINDING_LIST, id, "has number %d, which is not given out yet", number);
}

static void
check_assignments(json_t *dump, struct findings *f)
{
	const char *key, *id, *page;
	json_t *value;

	json_object_foreach(dump, key, value)
	{
		if ((id = dump_id(key, "assignment:")) == NULL)
			continue;
		check_listed(dump, id, f);
		if (dump_get(dump, key, "node_id") == NULL)
			check_pending(dump, key, id, f);
		else
			check_assigned(dump, key, id, f);
	}
	json_object_foreach(dump, key, value)
	{
		if ((page = dump_id(key, "roster:")) != NULL)
			check_page(dump, key, page, f);
	}
}

/* The list that a group of waiting agents is in. */
static const char *
list_of(const char *group)
{
	return strchr(group, '|') != NULL ? "selective_groups" : "pending_groups";
}

static void
check_groups(json_t *dump, const char *list, struct findings *f)
{
	const char *group;
	json_t *value;

	json_object_foreach(json_object_get(dump, list), group, value)
	{
		if (dump_size(dump, fmt("pending_group:%s", group)) == 0)
			findings_add(f, FINDING_PENDING, group, "group is in %s and empty", list);
	}
}

/* Finds entries of the queue that are not pending agents. */
static void
check_queue(json_t *dump, struct findings *f)
{
	const char *key, *id, *group;
	json_t *value;

	json_object_foreach(dump, key, value)
	{
		double first = INFINITY;
		json_t *number;

		group = strcmp(key, "pending") == 0 ? "" : dump_id(key, "pending_group:");
		if (group == NULL)
			continue;
		json_object_foreach(value, id, number)
		{
			first = fmin(first, json_number_value(number));
			if (dump_get(dump, fmt("assignment:%s", id), "queued") == NULL)
				findings_add(
				    f, FINDING_PENDING, id, "is in %s and does not wait", key);
		}
		if (strcmp(key, "pending") != 0 && dump_number(dump, list_of(group), group) != first)
			findings_add(
			    f, FINDING_PENDING, group, "group is not there under %.0f", first);
	}
	check_groups(dump, "pending_groups", f);
	check_groups(dump, "selective_groups", f);
}

static void
check_node_agents(json_t *dump, const char *key, const char *node, struct findings *f)
{
	const char *id, *own = fmt("node:%s", node);
	size_t n = dump_size(dump, key);
	json_t *value;

	json_object_foreach(json_object_get(dump, key), id,
	    value) if (!state_is(dump, fmt("assignment:%s", id), "node_id", node))
	    findings_add(f, FINDING_REVERSE_INDEX, id, "is among the agents of %s", node);
	own = fmt("node:%s", node);
	if ((double)n != dump_number(dump, own, "active_agents"))
		findings_add(f, FINDING_ACTIVE_AGENTS, node, "counts %s and has %zu",
		    dump_text(dump, own, "active_agents"), n);
	if ((double)n > dump_number(dump, own, "max_agents"))
		findings_add(f, FINDING_OVER_CAPACITY, node, "has %zu agents of %s", n,
		    dump_text(dump, own, "max_agents"));
}

static void
check_nodes(json_t *dump, struct findings *f)
{
	static const char *const sets[] = { "deadlines", "suspects", "evacuating" };
	const char *key, *id;
	json_t *value;
	size_t i;

	json_object_foreach(dump, key, value)
	{
		if ((id = dump_id(key, "node_agents:")) != NULL &&
		    json_object_get(dump, fmt("node:%s", id)) == NULL)
			findings_add(f, FINDING_OWNER, id, "has %zu agents and no record",
			    json_object_size(value));
		if ((id = dump_id(key, "node:")) == NULL)
			continue;
		check_node_agents(dump, fmt("node_agents:%s", id), id, f);
		if (dump_get(dump, "nodes", id) == NULL)
			findings_add(f, FINDING_LIST, id, "is not in the list of nodes");
	}
	json_object_foreach(json_object_get(dump, "nodes"), id,
	    value) if (json_object_get(dump, fmt("node:%s", id)) == NULL)
	    findings_add(f, FINDING_LIST, id, "is in the list of nodes and has no record");
	for (i = 0; i < 3; i++)
		json_object_foreach(json_object_get(dump, sets[i]), id,
		    value) if (json_object_get(dump, fmt("node:%s", id)) == NULL)
		    findings_add(f, FINDING_LIVENESS, id, "no node, in %s", sets[i]);
}

/* Checks which of the three sets a node is in. An offline node may be in none. */
static void
check_liveness(json_t *dump, const char *key, const char *id, struct findings *f)
{
	bool due = dump_get(dump, "deadlines", id) != NULL;
	bool suspect = dump_get(dump, "suspects", id) != NULL;
	bool evacuating = dump_get(dump, "evacuating", id) != NULL;
	bool offline = state_is(dump, key, "status", "offline");
	bool good = offline                       ? !due && !suspect
	    : state_is(dump, key, "suspect", "1") ? suspect && !due && !evacuating
	                                          : due && !suspect && !evacuating;

	if (!good)
		findings_add(f, FINDING_LIVENESS, id, "status %s, suspect '%s':%s%s%s",
		    dump_text(dump, key, "status"), dump_text(dump, key, "suspect"),
		    due ? " deadlines" : "", suspect ? " suspects" : "",
		    evacuating ? " evacuating" : "");
}

static void
add(json_t *sums, const char *name, double n)
{
	json_object_set_new(
	    sums, name, json_real(json_number_value(json_object_get(sums, name)) + n));
}

void
state_usage(json_t *dump, const char *key, double usage[4])
{
	if (sscanf(dump_text(dump, key, "report"), "%lf %lf %lf %lf", &usage[0], &usage[1],
	        &usage[2], &usage[3]) != 4)
		usage[0] = usage[1] = usage[2] = usage[3] = NAN;
}

/* Adds a node's share of the totals. */
static void
add_node(json_t *dump, const char *key, json_t *sums)
{
	static const char *const usage[] = { "cpu_usage", "memory_usage", "disk_usage",
		"load_average" };
	double most = dump_number(dump, key, "max_agents"), is[4];
	size_t i;

	add(sums, fmt("nodes_%s", dump_text(dump, key, "status")), 1);
	add(sums, "room",
	    state_eligible(dump, key) ? most : dump_number(dump, key, "active_agents"));
	if (state_is(dump, key, "status", "offline"))
		return;
	if (!state_is(dump, key, "role", "replica"))
		add(sums, "capacity", most);
	if (!state_healthy(dump, key))
		return;
	add(sums, "nodes_healthy", 1);
	state_usage(dump, key, is);
	for (i = 0; i < 4; i++)
		add(sums, usage[i], floor(is[i] * 1000 + 0.5));
}

/* Checks that the number of assigned agents equals those placed minus those that left. */
static void
check_placed(json_t *dump, double assigned, struct findings *f)
{
	double placed = -dump_number(dump, "totals", "departed");
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(dump, "totals"), name, value)
	{
		if (strncmp(name, "placed_", 7) == 0)
			placed += dump_number(dump, "totals", name);
	}
	if (placed != assigned)
		findings_add(f, FINDING_TOTALS, "placed", "less departed is %.0f, should be %.0f",
		    placed, assigned);
}

static void
check_totals(json_t *dump, struct findings *f)
{
	static const char *const names[] = { "pending", "nodes_online", "nodes_offline",
		"nodes_draining", "capacity", "room", "nodes_healthy", "cpu_usage", "memory_usage",
		"disk_usage", "load_average" };
	json_t *sums = json_object(), *value;
	const char *key;
	size_t i;

	json_object_foreach(dump, key, value)
	{
		if (dump_id(key, "assignment:") != NULL)
			add(sums, dump_get(dump, key, "node_id") ? "assigned" : "pending", 1);
		if (dump_id(key, "node:") != NULL) {
			add_node(dump, key, sums);
			check_liveness(dump, key, dump_id(key, "node:"), f);
		}
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		double sum = json_number_value(json_object_get(sums, names[i]));

		if (dump_number(dump, "totals", names[i]) != sum)
			findings_add(f, FINDING_TOTALS, names[i], "is '%s', should be %.0f",
			    dump_text(dump, "totals", names[i]), sum);
	}
	check_placed(dump, json_number_value(json_object_get(sums, "assigned")), f);
	json_decref(sums);
}

void
state_check(json_t *dump, struct findings *f)
{
	check_assignments(dump, f);
	check_queue(dump, f);
	check_nodes(dump, f);
	check_totals(dump, f);
	state_check_classes(dump, f);
	state_check_placement(dump, f);
	state_check_requirements(dump, f);
	state_check_limits(dump, f);
}
