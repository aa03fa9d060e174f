/*
 * The model. Invariant: what follows from the agents of a node is what the agents that run there make.
 */
#include "support/requirements_oracle.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

const char *const oracle_reasons[WHY_COUNT] = { "offline", "unhealthy", "draining", "role",
	"service", "label", "zone", "node", "resource", "full", "spread" };

const char *const oracle_strategies[BY_COUNT] = { "least_loaded", "least_agents", "round_robin",
	"weighted", "packed", "random" };

void
oracle_reset(struct oracle *o)
{
	int i;

	memset(o, 0, sizeof(*o));
	for (i = 0; i < ORACLE_AGENTS_MAX; i++)
		o->agent[i].node = -1;
}

static bool
is_listed(const int *list, int n, int node)
{
	while (n-- > 0)
		if (list[n] == node)
			return true;
	return false;
}

static bool
has_labels(const struct oracle_node *node, const struct wants *w)
{
	int k;

	for (k = 0; k < ORACLE_LABELS; k++)
		if (w->label[k] != 0 && w->label[k] != node->label[k])
			return false;
	return true;
}

static bool
has_resources(const struct oracle_node *node, const struct wants *w)
{
	int k;

	for (k = 0; k < ORACLE_RESOURCES; k++)
		if (w->resource[k] > 0 && node->resource[k] - node->allocated[k] < w->resource[k])
			return false;
	return true;
}

/* The first reason for which the node cannot take the agent, the spread apart; WHY_COUNT for none. */
static enum oracle_reason
first_reason(const struct oracle *o, int i, const struct wants *w)
{
	const struct oracle_node *node = &o->node[i];

	if (node->offline)
		return WHY_OFFLINE;
	if (node->unhealthy || node->suspect || node->silent)
		return WHY_UNHEALTHY;
	if (node->draining)
		return WHY_DRAINING;
	if (node->role == ROLE_REPLICA)
		return WHY_ROLE;
	if ((w->services & ~node->services) != 0)
		return WHY_SERVICE;
	if (!has_labels(node, w))
		return WHY_LABEL;
	if (w->zones != 0 && (w->zones >> node->zone & 1) == 0)
		return WHY_ZONE;
	if ((w->n_listed > 0 && !is_listed(w->listed, w->n_listed, i)) ||
	    is_listed(w->excluded, w->n_excluded, i))
		return WHY_NODE;
	if (!has_resources(node, w))
		return WHY_RESOURCE;
	if (node->active_agents >= node->max_agents)
		return WHY_FULL;
	return WHY_COUNT;
}

/* The domain of a node: a number, 0 for none. */
static int
domain_of(const struct oracle *o, int i, int by)
{
	if (by == SPREAD_NODE)
		return i + 1;
	return by == SPREAD_ZONE ? o->node[i].zone : o->node[i].label[by - SPREAD_LABEL];
}

/*
 * Decides which of the nodes that can take the agent otherwise (tier[i] is 0) meet the spread. The others
 * get tier 1.
 */
static void
judge_spread(const struct oracle *o, const struct wants *w, signed char *tier)
{
	static int number[ORACLE_NODES_MAX + 1]; /* agents of the group, by domain */
	int i, d, least = INT_MAX;

	memset(number, 0, sizeof(number));
	for (i = 0; i < o->n_nodes; i++)
		number[domain_of(o, i, w->spread_by)] += o->node[i].in_group[w->group];
	for (i = 0; i < o->n_nodes; i++) {
		d = domain_of(o, i, w->spread_by);
		if (tier[i] == 0 && d != 0 && number[d] < least)
			least = number[d];
	}
	for (i = 0; i < o->n_nodes; i++) {
		d = domain_of(o, i, w->spread_by);
		if (tier[i] == 0 &&
		    (d == 0 || (w->most > 0 && number[d] >= w->most) ||
		        (w->skew > 0 && number[d] >= least + w->skew)))
			tier[i] = 1;
	}
}

/* The lower, the better. */
static double
score(const struct oracle_node *node, enum oracle_strategy strategy)
{
	int most = node->max_agents > 0 ? node->max_agents : 1;
	double usage = 0.4 * node->cpu_usage / 100 + 0.3 * node->memory_usage / 100;

	switch (strategy) {
	case BY_LEAST_LOADED:
		return floor(1e9 * (usage + 0.3 * ((double)node->active_agents / most)) + 0.5);
	case BY_LEAST_AGENTS:
		return node->active_agents;
	case BY_ROUND_ROBIN:
		return (double)node->chosen;
	case BY_WEIGHTED:
		return node->weight == 0 ? 1e15 + node->active_agents
		                         : (node->active_agents + 0.5) / node->weight;
	case BY_PACKED:
		return floor(1e9 * (1 - (double)node->active_agents / most) + 0.5);
	default:
		return 0;
	}
}

/* True where node `a` goes before node `b`. */
static bool
is_before(
    const struct oracle *o, const struct verdict *v, int a, int b, enum oracle_strategy strategy)
{
	double x = score(&o->node[a], strategy), y = score(&o->node[b], strategy);

	if (v->tier[a] != v->tier[b])
		return v->tier[a] < v->tier[b];
	return x != y ? x < y : strcmp(o->node[a].id, o->node[b].id) < 0;
}

/* Enters a node among the best. */
static void
rank(const struct oracle *o, struct verdict *v, int node, enum oracle_strategy strategy)
{
	int at = v->n_top;

	while (at > 0 && is_before(o, v, node, v->top[at - 1], strategy)) {
		if (at < ORACLE_TOP)
			v->top[at] = v->top[at - 1];
		at--;
	}
	if (at < ORACLE_TOP)
		v->top[at] = node;
	if (v->n_top < ORACLE_TOP)
		v->n_top++;
}

void
oracle_judge(const struct oracle *o, const struct wants *w, int asked, struct verdict *v)
{
	enum oracle_strategy strategy = asked < 0 ? o->strategy : (enum oracle_strategy)asked;
	enum oracle_reason why;
	int i;

	memset(v, 0, offsetof(struct verdict, tier));
	for (i = 0; i < o->n_nodes; i++) {
		v->tier[i] = -1;
		if (o->node[i].gone)
			continue;
		why = first_reason(o, i, w);
		v->tier[i] = why == WHY_COUNT ? 0 : -1;
		if (why != WHY_COUNT)
			v->reasons[why]++;
	}
	if (w->spread_by != SPREAD_NONE)
		judge_spread(o, w, v->tier);
	for (i = 0; i < o->n_nodes; i++) {
		if (v->tier[i] == 1 && !w->soft) {
			v->tier[i] = -1;
			v->reasons[WHY_SPREAD]++;
		}
		if (v->tier[i] < 0)
			continue;
		if (o->node[i].role == ROLE_STANDBY)
			v->tier[i] = (signed char)(v->tier[i] + 2);
		v->eligible++;
		rank(o, v, i, strategy);
	}
	v->node = v->n_top > 0 ? v->top[0] : -1;
}

/* Counts an agent in (1) or out (-1). */
static void
count(struct oracle_node *node, const struct wants *w, int sign)
{
	int k;

	node->active_agents += sign;
	node->in_group[w->group] += sign;
	for (k = 0; k < ORACLE_RESOURCES; k++)
		node->allocated[k] += sign * w->resource[k];
}

bool
oracle_stands(const struct oracle *o, int agent)
{
	return o->agent[agent].node >= 0 || o->agent[agent].waits;
}

void
oracle_add(struct oracle *o, int agent, const struct wants *w, int asked, int priority)
{
	struct oracle_agent *a = &o->agent[agent];

	a->wants = *w;
	a->asked = asked;
	a->priority = priority;
	a->created = ++o->steps;
}

static void
dequeue(struct oracle *o, int agent)
{
	int i = 0;

	if (!o->agent[agent].waits)
		return;
	o->agent[agent].waits = false;
	while (o->waiting[i] != agent)
		i++;
	for (o->n_waiting--; i < o->n_waiting; i++)
		o->waiting[i] = o->waiting[i + 1];
}

void
oracle_place(struct oracle *o, int agent, int node)
{
	struct oracle_agent *a = &o->agent[agent];

	dequeue(o, agent);
	a->node = node;
	o->node[node].chosen = ++o->steps;
	count(&o->node[node], &a->wants, 1);
}

/* Puts an agent where it belongs in the queue. */
static void
insert(struct oracle *o, int agent)
{
	const struct oracle_agent *a = &o->agent[agent], *other;
	int at = o->n_waiting++;

	for (; at > 0; at--) {
		other = &o->agent[o->waiting[at - 1]];
		if (other->priority > a->priority ||
		    (other->priority == a->priority && other->queued < a->queued))
			break;
		o->waiting[at] = o->waiting[at - 1];
	}
	o->waiting[at] = agent;
	o->agent[agent].waits = true;
}

void
oracle_enqueue(struct oracle *o, int agent)
{
	o->agent[agent].queued = ++o->steps;
	insert(o, agent);
}

void
oracle_prioritize(struct oracle *o, int agent, int priority)
{
	bool waits = o->agent[agent].waits;

	dequeue(o, agent);
	o->agent[agent].priority = priority;
	if (waits)
		insert(o, agent);
}

void
oracle_detach(struct oracle *o, int agent)
{
	struct oracle_agent *a = &o->agent[agent];

	count(&o->node[a->node], &a->wants, -1);
	a->node = -1;
}

void
oracle_release(struct oracle *o, int agent)
{
	dequeue(o, agent);
	if (o->agent[agent].node >= 0)
		oracle_detach(o, agent);
}

int
oracle_next(const struct oracle *o, struct verdict *v)
{
	int i;

	for (i = 0; i < o->n_waiting; i++) {
		const struct oracle_agent *a = &o->agent[o->waiting[i]];

		oracle_judge(o, &a->wants, a->asked, v);
		if (v->node >= 0)
			return o->waiting[i];
	}
	return -1;
}

int
oracle_first_on(const struct oracle *o, int node)
{
	int i, first = -1;

	for (i = 0; i < ORACLE_AGENTS_MAX; i++)
		if (o->agent[i].node == node &&
		    (first < 0 || o->agent[i].created < o->agent[first].created))
			first = i;
	return first;
}
