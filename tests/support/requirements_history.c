/* Nodes of a history. Invariant: after each function, the model has done what Redis has done. */
#include "support/requirements_history.h"

#include <stdio.h>

enum { TOLD_NODES_MAX = 12 /* with more nodes, the steps are not printed */ };

bool
history_chance(struct history *h, int percent)
{
	return rng_between(&h->rng, 1, 100) <= percent;
}

int
history_between(struct history *h, int least, int most)
{
	return rng_between(&h->rng, least, most);
}

void
history_tell(struct history *h, const char *text)
{
	if (h->o.n_nodes <= TOLD_NODES_MAX)
		buf_addf(&h->told, "%d: %s\n", h->op, text);
}

void
history_differ(struct history *h, const char *what, const char *expected, const char *got)
{
	int i;

	fprintf(stderr, "%s", h->o.n_nodes <= TOLD_NODES_MAX ? buf_str(&h->told) : "");
	for (i = 0; i < h->o.n_waiting; i++)
		fprintf(stderr, "%sa%d%s", i == 0 ? "These wait: " : ", ", h->o.waiting[i],
		    i == h->o.n_waiting - 1 ? "\n" : "");
	fprintf(stderr, "SEED=%llu NODES=%d OPS=%d, step %d: %s\n  expected: %s\n  got:      %s\n",
	    (unsigned long long)h->seed, h->o.n_nodes, h->n_ops, h->op, what, expected,
	    got != NULL ? got : "nothing");
	fail();
}

const char *
history_node(struct history *h, int node)
{
	const struct oracle_node *n = &h->o.node[node];
	struct buf b = BUF_INIT;
	const char *text;
	int g;

	if (node < 0)
		return "none";
	buf_addf(&b, "%s %s%s%s%s%s%s %d/%d weight %d chosen %llu usage %d,%d services ", n->id,
	    role_names[n->role], n->gone ? " gone" : "", n->offline ? " offline" : "",
	    n->unhealthy ? " unhealthy" : "", n->suspect || n->silent ? " suspect" : "",
	    n->draining ? " draining" : "", n->active_agents, n->max_agents, n->weight,
	    (unsigned long long)n->chosen, n->cpu_usage, n->memory_usage);
	add_services(&b, n->services);
	buf_add_str(&b, " labels ");
	add_labels(&b, n);
	buf_addf(&b, " zone %s resources ", zone_name(n->zone));
	add_amounts(&b, n->resource);
	buf_add_str(&b, " allocated ");
	add_amounts(&b, n->allocated);
	for (g = 1; g <= ORACLE_GROUPS; g++)
		if (n->in_group[g] > 0)
			buf_addf(&b, " g%d:%d", g, n->in_group[g]);
	text = fmt("%s", buf_str(&b));
	buf_fini(&b);
	return text;
}

int
history_node_of(const struct history *h, const char *id)
{
	int i;

	for (i = 0; i < h->o.n_nodes; i++)
		if (strcmp(h->o.node[i].id, id) == 0)
			return i;
	return -1;
}

const char *
history_requirements(const struct history *h, const struct wants *w)
{
	struct buf b = BUF_INIT;
	const char *text;

	add_services(&b, w->services);
	buf_add_str(&b, " ");
	add_requirements(&b, &h->o, w);
	text = fmt("%s", buf_str(&b));
	buf_fini(&b);
	return text;
}

int
history_rivals(const struct history *h, const struct wants *w)
{
	char wanted[1024];
	int i, n = 0;

	snprintf(wanted, sizeof(wanted), "%s", history_requirements(h, w));
	for (i = 0; i < h->o.n_waiting; i++)
		n += strcmp(history_requirements(h, &h->o.agent[h->o.waiting[i]].wants), wanted) ==
		    0;
	return n;
}

bool
history_may_get(const struct history *h, int asked, int node)
{
	const struct verdict *v = &h->verdict;
	bool by_lot = (asked < 0 ? h->o.strategy : (enum oracle_strategy)asked) == BY_RANDOM;

	return v->node >= 0 && node >= 0 &&
	    (by_lot ? v->tier[node] == v->tier[v->node] : node == v->node);
}

/* Registers a node, or registers it anew. */
static void
register_node(struct history *h, int i)
{
	struct oracle_node *n = &h->o.node[i];
	struct buf services = BUF_INIT, labels = BUF_INIT, resources = BUF_INIT;
	const char *reply;

	make_profile(&h->o, i, &h->rng);
	add_services(&services, n->services);
	add_labels(&labels, n);
	add_amounts(&resources, n->resource);
	reply = call(h->s, NODE_REGISTER, n->id, "h", "10.0.0.1", "80", role_names[n->role],
	    fmt("%d", n->max_agents), buf_str(&services), buf_str(&labels), zone_name(n->zone),
	    fmt("%d", n->weight), buf_str(&resources), BEATS);
	if (strncmp(reply, "created|", 8) != 0 && strncmp(reply, "exists|", 7) != 0)
		history_differ(h, fmt("%s registers", n->id), "a row", reply);
	n->unhealthy = n->suspect = n->silent = n->offline = n->gone = false;
	history_tell(h, fmt("register %s", history_node(h, i)));
	buf_fini(&services);
	buf_fini(&labels);
	buf_fini(&resources);
}

/* Sends a heartbeat; "" for what stays. */
static void
beat(struct history *h, int i, const char *cpu, const char *memory, const char *healthy,
    const char *status)
{
	struct oracle_node *n = &h->o.node[i];
	const char *reply = call(
	    h->s, NODE_HEARTBEAT, n->id, cpu, memory, "", "", healthy, status, "", "", "", BEATS);

	if (strncmp(reply, "ok|", 3) != 0)
		history_differ(h, fmt("%s sends a heartbeat", n->id), "ok", reply);
	n->suspect = n->silent = n->offline = false;
	history_tell(h, fmt("beat %s", history_node(h, i)));
}

/* Lets the leader look for expired heartbeats. */
static void
sweep(struct history *h)
{
	const char *term = h->term;

	like(call(h->s, NODE_EXPIRE, LEADER, "1800000", "100", HOUR, HOUR, "0", "9007199254740991",
	         "1200000", "0"),
	    "ok||*");
}

/* The node's heartbeat has just expired. */
static void
suspect_node(struct history *h, int i)
{
	lapse(h->s, h->o.node[i].id);
	sweep(h);
	h->o.node[i].suspect = true;
	h->o.node[i].silent = false;
	history_tell(h, fmt("lapse %s", history_node(h, i)));
}

void
history_lose_node(struct history *h, int i)
{
	struct oracle_node *n = &h->o.node[i];

	if (!n->suspect)
		suspect_node(h, i);
	/* Its heartbeat has ended long ago, and no other that has ended is a reason for a hold. */
	scripts_redis(h->s, "ZADD " PREFIX "suspects XX %lld %s", redis_ms(h->s) - 3600000, n->id);
	call(h->s, HOLD_SET, "release");
	sweep(h);
	n->suspect = n->draining = false;
	n->offline = true;
	history_tell(h, fmt("lose %s", history_node(h, i)));
}

bool
history_is_noted(const struct history *h)
{
	int i;

	for (i = 0; i < h->o.n_nodes; i++)
		if (h->o.node[i].silent)
			return false;
	return true;
}

void
history_change_node(struct history *h)
{
	int i = history_between(h, 0, h->o.n_nodes - 1), kind = history_between(h, 0, 5);
	struct oracle_node *n = &h->o.node[i];

	if (kind == 0 || n->gone) {
		register_node(h, i);
	} else if (kind == 1) {
		n->cpu_usage = history_between(h, 0, 100);
		n->memory_usage = history_between(h, 0, 100);
		beat(h, i, fmt("%d", n->cpu_usage), fmt("%d", n->memory_usage), "", "");
	} else if (kind == 2) {
		n->unhealthy = !n->unhealthy && history_chance(h, 40);
		beat(h, i, "", "", n->unhealthy ? "0" : "1", "");
	} else if (kind == 3) {
		n->draining = !n->draining && history_chance(h, 40);
		beat(h, i, "", "", "", n->draining ? "draining" : "online");
	} else if (kind == 4 && h->silences && !n->suspect && !n->offline) {
		scripts_redis(h->s, "DEL " PREFIX "heartbeat:%s", n->id);
		n->silent = true;
		history_tell(h, fmt("silence %s", history_node(h, i)));
	} else if (kind == 4 && !n->suspect && !n->offline && history_chance(h, 40)) {
		suspect_node(h, i);
	} else if (!n->offline) {
		beat(h, i, "", "", "", "");
	}
}

void
history_begin(struct history *h, int n_nodes)
{
	int i;

	scripts_redis(h->s, "FLUSHDB");
	oracle_reset(&h->o);
	buf_reset(&h->told);
	elect(h->s, h->term);
	h->o.n_nodes = n_nodes;
	h->o.strategy = BY_LEAST_LOADED;
	for (i = 0; i < n_nodes; i++)
		register_node(h, i);
	history_lose_node(h, history_between(h, 0, n_nodes - 1));
}

static void
check_node(struct history *h, int i)
{
	const struct oracle_node *n = &h->o.node[i];
	const char *row = call(h->s, NODE_GET, n->id);
	struct buf b = BUF_INIT;

	row = strchr(strchr(row, '|') + 1, '|') + 1; /* after the outcome and the event */
	add_amounts(&b, n->allocated);
	buf_addf(&b, " %d", n->active_agents);
	if (strcmp(fmt("%s %s", part(row, NODE_ROW_ALLOCATED), part(row, NODE_ROW_ACTIVE_AGENTS)),
	        buf_str(&b)) != 0)
		history_differ(h, fmt("the record of %s", n->id), buf_str(&b), row);
	buf_fini(&b);
}

void
history_check(struct history *h)
{
	char cursor[512] = "";
	const char *reply;
	int i;

	for (i = 0; i < h->o.n_nodes; i++)
		if (!h->o.node[i].gone)
			check_node(h, i);
	do {
		reply = call(h->s, STATE_CHECK, "50", cursor);
		if (strncmp(reply, "ok||", 4) != 0 || strchr(reply, '<') != NULL)
			history_differ(h, "the check of the whole state", "no violation", reply);
		snprintf(cursor, sizeof(cursor), "%s", part(reply, 2));
	} while (*cursor != '\0');
}
