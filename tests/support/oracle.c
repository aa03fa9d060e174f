/* The oracle. It knows the API and nothing of how the state is stored. */
#include "support/oracle.h"

#include <math.h>

#define ROUNDED 2e-9 /* scores are rounded by less */

static double
number(const json_t *node, const char *name)
{
	return json_number_value(json_object_get(node, name));
}

static bool
is(const json_t *node, const char *name, const char *text)
{
	return strcmp(json_string_value(json_object_get(node, name)), text) == 0;
}

static bool
has_all(const json_t *node, const json_t *wanted)
{
	const json_t *offered = json_object_get(node, "services");
	size_t i, k;

	for (i = 0; i < json_array_size(wanted); i++) {
		for (k = 0; k < json_array_size(offered); k++)
			if (json_equal(json_array_get(wanted, i), json_array_get(offered, k)))
				break;
		if (k == json_array_size(offered))
			return false;
	}
	return true;
}

static bool
is_eligible(const json_t *node, const json_t *wanted, const char *role)
{
	return is(node, "role", role) && is(node, "status", "online") &&
	    json_is_true(json_object_get(node, "healthy")) &&
	    number(node, "active_agents") < number(node, "max_agents") && has_all(node, wanted);
}

/* The lower, the better; 0 of a strategy that does not go by what a node shows. */
static double
score(const json_t *node, const char *strategy)
{
	double agents = number(node, "active_agents"), weight = number(node, "weight");

	if (strcmp(strategy, "least_agents") == 0)
		return agents;
	if (strcmp(strategy, "weighted") == 0)
		return weight == 0 ? 1e9 + agents : (agents + 0.5) / weight;
	if (strcmp(strategy, "least_loaded") == 0)
		return 0.4 * number(node, "cpu_usage") / 100 +
		    0.3 * number(node, "memory_usage") / 100 +
		    0.3 * agents / number(node, "max_agents");
	return 0;
}

/* True where nodes of equal scores are equal, so that the lower id goes first. */
static bool
is_exact(const char *strategy)
{
	return strcmp(strategy, "least_agents") == 0 || strcmp(strategy, "weighted") == 0;
}

/* The best of the nodes with this role, which come in order of id; NULL where none may take the agent. */
static const json_t *
best(const json_t *nodes, const json_t *wanted, const char *role, const char *strategy)
{
	const json_t *found = NULL, *node;
	size_t i;

	for (i = 0; i < json_array_size(nodes); i++) {
		node = json_array_get(nodes, i);
		if (is_eligible(node, wanted, role) &&
		    (found == NULL || score(node, strategy) < score(found, strategy)))
			found = node;
	}
	return found;
}

static const json_t *
find(const json_t *nodes, const char *id)
{
	size_t i;

	for (i = 0; i < json_array_size(nodes); i++)
		if (is(json_array_get(nodes, i), "id", id))
			return json_array_get(nodes, i);
	return NULL;
}

/* The assignment is on a node that may take it, and on the best of them as far as that can be told. */
static void
check_chosen(struct buf *odd, const json_t *nodes, const struct op *op, const json_t *assignment)
{
	const json_t *wanted = json_object_get(assignment, "services"), *right, *node;
	const char *strategy = json_string_value(json_object_get(assignment, "strategy"));
	const char *id = json_string_value(json_object_get(assignment, "node_id"));
	const char *role = "worker";

	right = best(nodes, wanted, role, strategy);
	if (right == NULL)
		right = best(nodes, wanted, role = "standby", strategy);
	node = find(nodes, id);
	if (node == NULL || right == NULL || !is_eligible(node, wanted, role))
		buf_addf(odd, "%s is given to %s, which may not take it\n", op->body, id);
	else if (score(node, strategy) > score(right, strategy) + ROUNDED ||
	    (is_exact(strategy) && node != right))
		buf_addf(odd, "%s is given to %s by %s, though %s is better\n", op->body, id,
		    strategy, json_string_value(json_object_get(right, "id")));
}

void
oracle_assign(struct buf *odd, const json_t *all, const struct op *op, const struct answer *answer)
{
	const json_t *nodes = json_object_get(all, "nodes");
	json_t *asked;

	if (answer->status == 201) {
		check_chosen(odd, nodes, op, answer->body);
	} else if (json_find(answer->body, "reasons") != NULL &&
	    json_find(answer->body, "reasons.waiting") == NULL) {
		asked = json_loads(op->body, 0, NULL);
		if (best(nodes, json_object_get(asked, "services"), "worker", "") != NULL ||
		    best(nodes, json_object_get(asked, "services"), "standby", "") != NULL)
			buf_addf(odd, "%s is refused, though a node may take it\n", op->body);
		json_decref(asked);
	}
}

static void
check_figure(struct buf *odd, const json_t *stats, const char *path, double right)
{
	double shown = json_number_value(json_find(stats, path));

	if (fabs(shown - right) > 0.006)
		buf_addf(odd, "stats: %s is %g, the nodes make it %g\n", path, shown, right);
}

void
oracle_stats(struct buf *odd, const json_t *all, const json_t *stats)
{
	static const char *const usages[] = { "cpu", "memory", "disk", "load_average" };
	static const char *const names[] = { "cpu_usage", "memory_usage", "disk_usage",
		"load_average" };
	static const char *const statuses[] = { "online", "offline", "draining" };
	const json_t *nodes = json_object_get(all, "nodes");
	double count[3] = { 0 }, usage[4] = { 0 }, healthy = 0, agents = 0;
	size_t i, k;

	for (i = 0; i < json_array_size(nodes); i++) {
		const json_t *node = json_array_get(nodes, i);
		bool well = !is(node, "status", "offline") &&
		    json_is_true(json_object_get(node, "healthy"));

		for (k = 0; k < 3; k++)
			count[k] += is(node, "status", statuses[k]);
		for (k = 0; k < 4; k++)
			usage[k] += well ? number(node, names[k]) : 0;
		healthy += well;
		agents += number(node, "active_agents");
	}
	check_figure(odd, stats, "nodes.total", (double)json_array_size(nodes));
	for (k = 0; k < 3; k++)
		check_figure(odd, stats, fmt("nodes.%s", statuses[k]), count[k]);
	check_figure(odd, stats, "agents.assigned", agents);
	check_figure(odd, stats, "nodes.healthy", healthy);
	for (k = 0; k < 4; k++)
		check_figure(
		    odd, stats, fmt("usage.%s", usages[k]), healthy > 0 ? usage[k] / healthy : 0);
}
