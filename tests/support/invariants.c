/* Recounts a cluster from its records and compares the result with all derived keys. */
#include "support/invariants.h"

#include "base/choices.h"

#include <math.h>
#include <stdio.h>

enum { NODES_MAX = 700 };

struct seen {
	char id[64], class[160], role[16], status[16];
	bool healthy, suspect;
	double max, active, weight, chosen, usage[4];
	long long agents; /* counted from the assignments */
};

struct census {
	struct scripts *s;
	struct seen node[NODES_MAX];
	int n;
	long long assigned, pending;
	char page[16]; /* of the list of all agents */
	double placed;     /* placements, summed over all strategies and reasons */
	long long entries; /* entries in the indexes of one strategy */
	char class[160];   /* the class being checked, and how many groups wait for it */
	long long waiting;
};

static const char *const usages[] = { "cpu_usage", "memory_usage", "disk_usage", "load_average" };

static double
number(const char *text)
{
	return strtod(text, NULL);
}

/* The number in a field of a hash; 0 if there is no such field. */
static double
field(struct census *c, const char *key, const char *name)
{
	return number(scripts_redis(c->s, "HGET %s%s %s", c->s->prefix, key, name));
}

static void
check_equal(const char *what, double stored, double counted)
{
	if (fabs(stored - counted) <= 1e-9 * fmax(1, fabs(counted)))
		return;
	print_error("%s: %.10g is stored, %.10g is right\n", what, stored, counted);
	fail();
}

/* Calls fn for each element of a reply's text. */
static void
each(struct census *c, const char *text, void (*fn)(struct census *c, const char *item))
{
	bool some = *text != '\0';
	char *copy = strdup(text), *rest = copy, *item;

	assert_non_null(copy);
	while (some && (item = strsep(&rest, "|")) != NULL)
		fn(c, item);
	free(copy);
}

static void
take_node(struct census *c, const char *id)
{
	struct seen *n = &c->node[c->n++];
	const char *v = scripts_redis(c->s,
	    "HMGET %snode:%s class role status healthy suspect max_agents active_agents weight "
	    "chosen report",
	    c->s->prefix, id);
	int i;

	assert_true(c->n <= NODES_MAX);
	snprintf(n->id, sizeof(n->id), "%s", id);
	snprintf(n->class, sizeof(n->class), "%s", part(v, 0));
	snprintf(n->role, sizeof(n->role), "%s", part(v, 1));
	snprintf(n->status, sizeof(n->status), "%s", part(v, 2));
	assert_true(n->class[0] != '\0' && n->status[0] != '\0');
	n->healthy = strcmp(part(v, 3), "1") == 0;
	n->suspect = strcmp(part(v, 4), "1") == 0;
	n->max = number(part(v, 5));
	n->active = number(part(v, 6));
	n->weight = number(part(v, 7));
	n->chosen = number(part(v, 8));
	/* The field is one text, and begins with the usage. */
	for (i = 0; i < 4; i++)
		n->usage[i] = number(part(v, 9 + i));
}

static void
take_agent(struct census *c, const char *id)
{
	const char *v = scripts_redis(
	    c->s, "HMGET %sassignment:%s epoch node_id queued services placed", c->s->prefix, id);
	const char *node = part(v, 1), *queued = part(v, 2), *created = part(v, 6);
	int i;

	assert_true(*part(v, 0) != '\0');
	assert_string_equal(
	    scripts_redis(c->s, "HGET %sroster:%s %s", c->s->prefix, c->page, id), created);
	assert_int_equal((atoi(created) + 31) / 32, atoi(c->page));
	if (*node == '\0') {
		c->pending++;
		assert_true(*queued != '\0');
		assert_string_equal(
		    scripts_redis(c->s, "ZSCORE %spending %s", c->s->prefix, id), queued);
		assert_string_equal(scripts_redis(c->s, "ZSCORE %spending_group:%s %s",
		                        c->s->prefix, part(v, 3), id),
		    queued);
		return;
	}
	assert_string_equal(queued, "");
	c->assigned++;
	assert_string_equal(
	    scripts_redis(c->s, "ZSCORE %snode_agents:%s %s", c->s->prefix, node, id), created);
	for (i = 0; i < c->n; i++)
		c->node[i].agents += strcmp(c->node[i].id, node) == 0;
}

static void
take_page(struct census *c, const char *page)
{
	const char *ids = scripts_redis(c->s, "HKEYS %sroster:%s", c->s->prefix, page);

	/* Only the page of the next agent may be empty. */
	if (*ids == '\0')
		assert_int_equal(
		    number(scripts_redis(c->s, "HGET %stotals created", c->s->prefix)) / 32,
		    atoi(page) - 1);
	snprintf(c->page, sizeof(c->page), "%s", page);
	each(c, ids, take_agent);
}

static void
check_group(struct census *c, const char *services)
{
	const char *head =
	    scripts_redis(c->s, "ZRANGE %spending_group:%s 0 0 WITHSCORES", c->s->prefix, services);

	assert_string_equal(
	    scripts_redis(c->s, "ZSCORE %spending_groups %s", c->s->prefix, services),
	    part(head, 1));
	c->pending -= strtoll(
	    scripts_redis(c->s, "ZCARD %spending_group:%s", c->s->prefix, services), NULL, 10);
}

/* True where the class offers each of these services. */
static bool
offers(const char *class, const char *services)
{
	const char *offered = fmt(",%s,", strchr(class, '/') + 1);
	char *copy = strdup(services), *rest = copy, *service;
	bool all = strncmp(class, "replica/", 8) != 0;

	assert_non_null(copy);
	while ((service = strsep(&rest, ",")) != NULL)
		all = all &&
		    (*services == '\0' || strstr(offered, fmt(",%s,", service)) != NULL);
	free(copy);
	return all;
}

/* Checks that the group waits for the class being checked if that offers what it wants. */
static void
check_group_of_class(struct census *c, const char *services)
{
	const char *number =
	    scripts_redis(c->s, "ZSCORE %spending_groups %s", c->s->prefix, services);

	if (!offers(c->class, services))
		return;
	assert_string_equal(scripts_redis(c->s, "ZSCORE %sclass_waiting:%s %s", c->s->prefix,
	                        c->class, services),
	    number);
	c->waiting++;
}

/* A group is named by its services in ascending order, as tests write them. The group without
 * services is named "". */
static void
each_group(struct census *c, void (*fn)(struct census *c, const char *services))
{
	const char *groups = scripts_redis(c->s, "ZRANGE %spending_groups 0 -1", c->s->prefix);
	const char *n = scripts_redis(c->s, "ZCARD %spending_groups", c->s->prefix);

	if (*groups == '\0' && strcmp(n, "1") == 0)
		fn(c, "");
	else
		each(c, groups, fn);
}

/* Checks which groups wait for a class, unless it has not been compared with all of them yet. */
static void
check_waiting(struct census *c, const char *class)
{
	if (*scripts_redis(c->s, "ZSCORE %sunmatched %s", c->s->prefix, class) != '\0')
		return;
	snprintf(c->class, sizeof(c->class), "%s", class);
	c->waiting = 0;
	each_group(c, check_group_of_class);
	check_equal(fmt("groups that wait for %s", class),
	    number(scripts_redis(c->s, "ZCARD %sclass_waiting:%s", c->s->prefix, class)),
	    (double)c->waiting);
}

static void
check_queue(struct census *c)
{
	long long pending = c->pending;

	check_equal("size of pending", number(scripts_redis(c->s, "ZCARD %spending", c->s->prefix)),
	    (double)pending);
	each_group(c, check_group);
	check_equal("agents in pending groups", (double)(pending - c->pending), (double)pending);
	c->pending = pending;
}

static bool
eligible(const struct seen *n)
{
	return strcmp(n->status, "online") == 0 && n->healthy && !n->suspect &&
	    n->active < n->max && strcmp(n->role, "replica") != 0;
}

static void
add_placed(struct census *c, const char *name)
{
	if (strncmp(name, "placed_", 7) == 0)
		c->placed += field(c, "totals", name);
}

static void
check_totals(struct census *c)
{
	static const char *const statuses[] = { "online", "offline", "draining" };
	double capacity = 0, room = 0, healthy = 0, usage[4] = { 0 };
	int i, j;

	for (j = 0; j < 3; j++) {
		double n = 0;

		for (i = 0; i < c->n; i++)
			n += strcmp(c->node[i].status, statuses[j]) == 0;
		check_equal(statuses[j], field(c, "totals", fmt("nodes_%s", statuses[j])), n);
	}
	for (i = 0; i < c->n; i++) {
		const struct seen *n = &c->node[i];
		bool here = strcmp(n->status, "offline") != 0;

		capacity += here && strcmp(n->role, "replica") != 0 ? n->max : 0;
		room += eligible(n) ? n->max : n->active;
		healthy += here && n->healthy && !n->suspect;
		for (j = 0; j < 4; j++)
			usage[j] +=
			    here && n->healthy && !n->suspect ? floor(n->usage[j] * 1000 + 0.5) : 0;
		check_equal(fmt("active_agents of %s", n->id), n->active, (double)n->agents);
		check_equal(fmt("size of node_agents of %s", n->id),
		    number(scripts_redis(c->s, "ZCARD %snode_agents:%s", c->s->prefix, n->id)),
		    (double)n->agents);
	}
	check_equal("capacity", field(c, "totals", "capacity"), capacity);
	check_equal("room", field(c, "totals", "room"), room);
	check_equal("nodes_healthy", field(c, "totals", "nodes_healthy"), healthy);
	each(c, scripts_redis(c->s, "HKEYS %stotals", c->s->prefix), add_placed);
	check_equal("placed less departed", c->placed - field(c, "totals", "departed"),
	    (double)c->assigned);
	check_equal("pending", field(c, "totals", "pending"), (double)c->pending);
	for (j = 0; j < 4; j++)
		check_equal(usages[j], field(c, "totals", usages[j]), usage[j]);
}

static const char *
standing(const struct seen *n)
{
	if (strcmp(n->status, "offline") == 0)
		return "offline";
	if (!n->healthy || n->suspect)
		return "unhealthy";
	return strcmp(n->status, "draining") == 0 ? "draining" : "ready";
}

static void
check_class(struct census *c, const char *class)
{
	static const char *const names[] = { "ready", "unhealthy", "draining" };
	const char *key = fmt("class:%s", class);
	double all = 0;
	size_t j;
	int i;

	for (j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
		double n = 0;

		for (i = 0; i < c->n; i++)
			n += strcmp(c->node[i].class, class) == 0 &&
			    strcmp(standing(&c->node[i]), names[j]) == 0;
		check_equal(fmt("%s of %s", names[j], key), field(c, key, names[j]), n);
		all += n;
	}
	assert_true(all > 0);
	check_equal(key, field(c, key, "nodes"), all);
	for (all = 0, i = 0; i < c->n; i++)
		all += strcmp(c->node[i].class, class) == 0 && eligible(&c->node[i]);
	check_equal(fmt("eligible of %s", key), field(c, key, "eligible"), all);
	check_equal(fmt("open_classes of %s", key),
	    strstr(fmt(" %s ", scripts_redis(c->s, "HGET %ssettings open_classes", c->s->prefix)),
	        fmt(" %s ", class)) != NULL,
	    all > 0);
	check_waiting(c, class);
}

static double
score(struct census *c, const char *strategy, const struct seen *n)
{
	static const char *const names[] = { "weight_cpu", "weight_memory", "weight_agents" };
	double weight[] = { 0.4, 0.3, 0.3 };
	int i;

	if (strcmp(strategy, "round_robin") == 0)
		return n->chosen;
	if (strcmp(strategy, "least_agents") == 0)
		return n->active;
	if (strcmp(strategy, "random") == 0)
		return 0;
	if (strcmp(strategy, "weighted") == 0)
		return n->weight == 0 ? 1e15 + n->active : (n->active + 0.5) / n->weight;
	if (strcmp(strategy, "packed") == 0)
		return floor(1e9 * (1 - n->active / (n->max > 0 ? n->max : 1)) + 0.5);
	assert_string_equal(strategy, "least_loaded");
	for (i = 0; i < 3; i++) {
		const char *v = scripts_redis(c->s, "HGET %ssettings %s", c->s->prefix, names[i]);

		weight[i] = *v != '\0' ? number(v) : weight[i];
	}
	return floor(1e9 *
	        (weight[0] * n->usage[0] / 100 + weight[1] * n->usage[1] / 100 +
	            weight[2] * (n->max > 0 ? n->active / n->max : 1)) +
	    0.5);
}

static void
add_size(struct census *c, const char *key)
{
	c->entries += strtoll(scripts_redis(c->s, "ZCARD %s", key), NULL, 10);
}

/* Fails unless the indexes of the strategy hold each eligible node in its class, and no others. */
static void
check_index(struct census *c, const char *strategy)
{
	long long right = 0;
	int i;

	c->entries = 0;
	each(c, scripts_redis(c->s, "KEYS muster:?t?:placement:%s:*", strategy), add_size);
	for (i = 0; i < c->n; i++) {
		const struct seen *n = &c->node[i];
		const char *v;

		if (!eligible(n))
			continue;
		right++;
		v = scripts_redis(
		    c->s, "ZSCORE %splacement:%s:%s %s", c->s->prefix, strategy, n->class, n->id);
		assert_true(*v != '\0');
		check_equal(
		    fmt("score of %s by %s", n->id, strategy), number(v), score(c, strategy, n));
	}
	check_equal(
	    fmt("entries of the indexes of %s", strategy), (double)c->entries, (double)right);
}

static void
check_indexes(struct census *c)
{
	static const char *const all[] = { STRATEGY_LIST };
	const char *v = scripts_redis(c->s, "HMGET %ssettings indexes building", c->s->prefix);
	char complete[128], building[32];
	size_t i;

	snprintf(complete, sizeof(complete), ",%s,", part(v, 0));
	snprintf(building, sizeof(building), "%s", part(v, 1));
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strstr(complete, fmt(",%s,", all[i])) != NULL)
			check_index(c, all[i]);
		else if (strcmp(all[i], building) != 0)
			assert_string_equal(
			    scripts_redis(c->s, "KEYS muster:?t?:placement:%s:*", all[i]), "");
	}
}

void
check_invariants(struct scripts *s)
{
	struct census *c = calloc(1, sizeof(*c));
	double here = 0, listed = 0; /* nodes that are not offline, and those whose class is listed */
	int i;

	assert_non_null(c);
	c->s = s;
	each(c, scripts_redis(s, "ZRANGE %snodes 0 -1", s->prefix), take_node);
	each(c, scripts_redis(s, "ZRANGE %sroster 0 -1", s->prefix), take_page);
	check_queue(c);
	check_totals(c);
	each(c, scripts_redis(s, "SMEMBERS %sclasses", s->prefix), check_class);
	for (i = 0; i < c->n; i++)
		if (strcmp(c->node[i].status, "offline") != 0) {
			here++;
			listed += number(
			    scripts_redis(s, "SISMEMBER %sclasses %s", s->prefix, c->node[i].class));
		}
	check_equal("nodes whose class is listed", listed, here);
	check_indexes(c);
	free(c);
}
