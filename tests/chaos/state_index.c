/* Checks classes and placement indexes, and compares the state with the history. */
#include "chaos/dump.h"
#include "chaos/state.h"
#include "chaos/state_internal.h"
#include "support/api.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The counter of its class that counts the node, unless it is offline. */
static const char *
standing(json_t *dump, const char *node)
{
	const char *status = dump_text(dump, node, "status");

	if (strcmp(status, "offline") == 0)
		return "offline";
	if (!state_healthy(dump, node))
		return "unhealthy";
	return strcmp(status, "draining") == 0 ? "draining" : "ready";
}

static double
count_of(json_t *dump, const char *class, const char *counter)
{
	const char *key;
	json_t *value;
	double n = 0;

	json_object_foreach(dump, key, value) if (dump_id(key, "node:") != NULL &&
	    state_is(dump, key, "class", class) && !state_is(dump, key, "status", "offline") &&
	    (strcmp(counter, "nodes") == 0 || strcmp(standing(dump, key), counter) == 0)) n++;
	return n;
}

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

/* Checks that exactly the groups whose services the class offers wait for it, with their numbers. */
static void
check_waiting(json_t *dump, const char *class, struct findings *f)
{
	const char *group, *key = fmt("class_waiting:%s", class);
	bool takes = strncmp(class, "replica/", 8) != 0;
	bool matched = dump_get(dump, "unmatched", class) == NULL;
	json_t *value;

	json_object_foreach(json_object_get(dump, "pending_groups"), group, value)
	{
		bool fits = takes && has_all(strchr(class, '/') + 1, group);
		bool waits = dump_get(dump, key, group) != NULL;

		if (waits ? !fits || dump_number(dump, key, group) != json_number_value(value)
		          : fits && matched)
			findings_add(f, FINDING_PENDING, class, "group '%s' is %s", group,
			    waits ? "there wrongly" : "not there");
	}
	json_object_foreach(json_object_get(dump, key), group,
	    value) if (dump_get(dump, "pending_groups", group) == NULL)
	    findings_add(f, FINDING_PENDING, class, "group '%s' is there and nowhere else", group);
}

void
state_check_classes(json_t *dump, struct findings *f)
{
	static const char *const counters[] = { "nodes", "ready", "draining", "unhealthy" };
	const char *key, *class;
	json_t *value;
	size_t i;

	json_object_foreach(dump, key, value)
	{
		if (dump_id(key, "node:") != NULL && !state_is(dump, key, "status", "offline") &&
		    dump_get(dump, "classes", dump_text(dump, key, "class")) == NULL)
			findings_add(f, FINDING_CLASS_COUNTER, key, "its class '%s' is not listed",
			    dump_text(dump, key, "class"));
		if ((class = dump_id(key, "class:")) == NULL)
			continue;
		if (dump_get(dump, "classes", class) == NULL)
			findings_add(f, FINDING_CLASS_COUNTER, class, "is not listed");
		for (i = 0; i < 4; i++)
			if (dump_number(dump, key, counters[i]) !=
			    count_of(dump, class, counters[i]))
				findings_add(f, FINDING_CLASS_COUNTER, class,
				    "%s is '%s', should be %.0f", counters[i],
				    dump_text(dump, key, counters[i]),
				    count_of(dump, class, counters[i]));
	}
	json_object_foreach(json_object_get(dump, "classes"), class, value)
	{
		if (count_of(dump, class, "nodes") == 0)
			findings_add(f, FINDING_CLASS_COUNTER, class, "is listed and has no nodes");
		check_waiting(dump, class, f);
	}
}

/* The score of a node in a strategy's index; NAN if this check does not know the strategy. */
static double
score(json_t *dump, const char *strategy, const char *node)
{
	static const char *const share[] = { "weight_cpu", "weight_memory", "weight_agents" };
	static const double usual[] = { 0.4, 0.3, 0.3 };
	double active = dump_number(dump, node, "active_agents");
	double most = dump_number(dump, node, "max_agents");
	double weight = dump_number(dump, node, "weight"), w[3], usage[4];
	size_t i;

	state_usage(dump, node, usage);

	for (i = 0; i < 3; i++)
		w[i] = dump_get(dump, "settings", share[i]) != NULL
		    ? dump_number(dump, "settings", share[i])
		    : usual[i];
	if (strcmp(strategy, "random") == 0)
		return 0;
	if (strcmp(strategy, "least_agents") == 0)
		return active;
	if (strcmp(strategy, "packed") == 0)
		return floor(1e9 * (1 - active / (most > 0 ? most : 1)) + 0.5);
	if (strcmp(strategy, "round_robin") == 0)
		return dump_number(dump, node, "chosen");
	if (strcmp(strategy, "weighted") == 0)
		return weight == 0 ? 1e15 + active : (active + 0.5) / weight;
	if (strcmp(strategy, "least_loaded") == 0)
		return floor(1e9 *
		        (w[0] * usage[0] / 100 + w[1] * usage[1] / 100 +
		            w[2] * (most > 0 ? active / most : 1)) +
		    0.5);
	return NAN;
}

/* Checks that a strategy's index has every eligible node, with the right score. */
static void
check_complete(json_t *dump, const char *strategy, struct findings *f)
{
	const char *key, *id, *index;
	json_t *value;

	json_object_foreach(dump, key, value)
	{
		double should, is;

		if ((id = dump_id(key, "node:")) == NULL || !state_eligible(dump, key))
			continue;
		index = fmt("placement:%s:%s", strategy, dump_text(dump, key, "class"));
		should = score(dump, strategy, key);
		is = dump_number(dump, index, id);
		if (dump_get(dump, index, id) == NULL)
			findings_add(f, FINDING_PLACEMENT_MISSING, id, "is not in %s", index);
		else if (fabs(is - should) > 1e-9 * fmax(1, fabs(should)))
			findings_add(f, FINDING_PLACEMENT_SCORE, id, "is in %s at %g, should be %g",
			    index, is, should);
	}
}

/* Checks that an index has only eligible nodes of its class, and that its strategy is in use. */
static void
check_stale(json_t *dump, const char *index, const char *kept, struct findings *f)
{
	const char *name = dump_id(index, "placement:"), *class = strchr(name, ':'), *id;
	json_t *value;

	if (class == NULL || strstr(kept, fmt(",%.*s,", (int)(class - name), name)) == NULL)
		findings_add(f, FINDING_PLACEMENT_STALE, index, "belongs to no strategy in use");
	json_object_foreach(json_object_get(dump, index), id, value)
	{
		const char *node = fmt("node:%s", id);

		if (class != NULL &&
		    (!state_eligible(dump, node) || !state_is(dump, node, "class", class + 1)))
			findings_add(f, FINDING_PLACEMENT_STALE, id, "is in %s", index);
	}
}

void
state_check_placement(json_t *dump, struct findings *f)
{
	const char *key,
	    *kept = fmt(",%s,%s,", dump_text(dump, "settings", "indexes"),
	        dump_text(dump, "settings", "building"));
	char names[512], *name, *rest = names;
	json_t *value;

	snprintf(names, sizeof(names), "%s", dump_text(dump, "settings", "indexes"));
	while ((name = strsep(&rest, ",")) != NULL)
		if (*name != '\0')
			check_complete(dump, name, f);
	snprintf(
	    names, sizeof(names), "%s", kept); /* the text from fmt would not live long enough */
	json_object_foreach(dump, key, value) if (dump_id(key, "placement:") != NULL)
	    check_stale(dump, key, names, f);
}

static bool
some_node_takes(json_t *dump, const char *agent)
{
	char key_of_agent[HISTORY_ID_MAX + 16];
	const char *key;
	json_t *value;

	snprintf(key_of_agent, sizeof(key_of_agent), "assignment:%s", agent);
	json_object_foreach(dump, key, value)
	{
		if (dump_id(key, "node:") != NULL && state_takes(dump, key, key_of_agent))
			return true;
	}
	return false;
}

size_t
state_placeable(json_t *dump)
{
	const char *id;
	json_t *value;
	size_t n = 0;

	json_object_foreach(json_object_get(dump, "pending"), id, value)
	{
		n += some_node_takes(dump, id);
	}
	return n;
}

/* The last acknowledgement of the agent; NULL if a release may have followed it. */
static const struct op *
acknowledged(const struct history *h, const struct op *first)
{
	const struct op *last = NULL;
	size_t i;

	for (i = (size_t)(first - h->ops); i < h->n; i++) {
		const struct op *op = &h->ops[i];

		if (strcmp(op->agent, first->agent) == 0 &&
		    (op->client != HISTORY_STORE || op->kind == OP_START) &&
		    op->outcome >= OUT_CREATED && op->outcome <= OUT_PENDING)
			last = op;
	}
	for (i = 0; i < h->n && last != NULL; i++) {
		const struct op *op = &h->ops[i];

		if (op->kind == OP_RELEASE && strcmp(op->agent, first->agent) == 0 &&
		    (op->outcome == OUT_RELEASED || op->outcome == OUT_UNKNOWN) &&
		    op->returned >= last->called)
			return NULL;
	}
	return last;
}

void
state_check_acknowledged(json_t *dump, const struct history *h, struct findings *f)
{
	const struct op *last;
	char text[200];
	size_t i, j;

	for (i = 0; i < h->n; i++) {
		for (j = 0; j < i && strcmp(h->ops[j].agent, h->ops[i].agent) != 0; j++)
			continue;
		if (j < i || h->ops[i].agent[0] == '\0')
			continue;
		last = acknowledged(h, &h->ops[i]);
		if (last != NULL &&
		    json_object_get(dump, fmt("assignment:%s", last->agent)) == NULL)
			findings_add(f, FINDING_LOST_ASSIGNMENT, last->agent,
			    "%s; no release since", op_text(last, text, sizeof(text)));
	}
}

void
state_note(json_t *dump, struct history *h, char (*agents)[HISTORY_ID_MAX], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const char *key = fmt("assignment:%s", agents[i]);
		bool stands = json_object_get(dump, key) != NULL;
		bool waits = dump_get(dump, key, "queued") != NULL;
		size_t number = history_call(h, HISTORY_STORE, OP_GET, agents[i], 0);

		history_return(h, number,
		    !stands     ? OUT_ABSENT
		        : waits ? OUT_PENDING
		                : OUT_ASSIGNED,
		    dump_text(dump, key, "node_id"), (int64_t)dump_number(dump, key, "epoch"));
	}
}
