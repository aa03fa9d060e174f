/* Random nodes and requirements. Names that are listed in order of number are in ascending order. */
#include "support/requirements_maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST = 2, VALUES_MAX = 5 };

const char *const role_names[] = { "worker", "standby", "replica" };

static const char *const services[ORACLE_SERVICES] = { "api", "build", "crawl", "db" };
static const char *const zones[ORACLE_ZONES + 1] = { "", "ap@1", "eu-1", "eu-2", "us.1", "us.1b",
	"z:9" };
static const char *const labels[ORACLE_LABELS] = { "arch", "disk", "host", "pool" };
static const char *const values[ORACLE_LABELS][VALUES_MAX + 1] = {
	{ "", "amd64", "arm64" },
	{ "", "hdd", "nv%20me", "ssd" },
	{ "" },
	{ "", "-", "a", "b%2Cc", "blue%3D1", "canary" },
};
static const int n_values[ORACLE_LABELS] = { 2, 3, 0, 5 };
static const char *const resources[ORACLE_RESOURCES] = { "disk_gb", "gpu", "memory_mb" };
static const long long amounts_max[ORACLE_RESOURCES] = { 500, 8, 1000000000000 };

const char *
zone_name(int zone)
{
	return zones[zone];
}

static bool
chance(struct rng *rng, int percent)
{
	return rng_between(rng, 1, 100) <= percent;
}

void
make_profile(struct oracle *o, int i, struct rng *rng)
{
	static const char *const names[] = { "n", "N", "node-", "n." };
	struct oracle_node *node = &o->node[i];
	int k;

	snprintf(node->id, sizeof(node->id), "%s%d", names[i % 4], i);
	node->role = chance(rng, 80) ? ROLE_WORKER : chance(rng, 70) ? ROLE_STANDBY : ROLE_REPLICA;
	node->max_agents = chance(rng, 5) ? 0 : rng_between(rng, 1, 12);
	node->weight = chance(rng, 5) ? 0 : rng_between(rng, 1, 20);
	node->services = 0;
	for (k = 0; k < ORACLE_SERVICES; k++)
		node->services |= chance(rng, 60) ? 1u << k : 0;
	for (k = 0; k < ORACLE_LABELS; k++)
		node->label[k] = k == HOST ? i + 1 : rng_between(rng, 0, n_values[k]);
	node->zone = rng_between(rng, 0, ORACLE_ZONES);
	for (k = 0; k < ORACLE_RESOURCES; k++)
		node->resource[k] = chance(rng, 40) ? 0
		    : chance(rng, 10)               ? amounts_max[k]
		                      : (long long)(rng_next(rng) % (uint64_t)amounts_max[k]);
}

/* Fills a list with distinct nodes, `first` among them. Returns their number. */
static int
make_list(const struct oracle *o, int *list, int first, struct rng *rng)
{
	int n = 1, i, more = rng_between(rng, 0, ORACLE_LISTED_MAX - 1), node;

	list[0] = first;
	while (more-- > 0) {
		node = rng_between(rng, 0, o->n_nodes - 1);
		for (i = 0; i < n && list[i] != node; i++)
			continue;
		if (i == n)
			list[n++] = node;
	}
	return n;
}

static void
make_spread(struct wants *w, struct rng *rng)
{
	int kind = rng_between(rng, 0, 5);

	w->spread_by = kind < 2 ? SPREAD_NODE
	    : kind < 4          ? SPREAD_ZONE
	                        : SPREAD_LABEL + rng_between(rng, 0, ORACLE_LABELS - 1);
	if (chance(rng, 60))
		w->most = rng_between(rng, 1, w->spread_by == SPREAD_NODE ? 3 : 20);
	if (w->most == 0 || chance(rng, 30))
		w->skew = rng_between(rng, 1, 3);
	w->soft = chance(rng, 30);
}

/* Labels, zones and ids, as the node `like` has them. */
static void
make_traits(const struct oracle *o, struct wants *w, int like, struct rng *rng)
{
	const struct oracle_node *node = &o->node[like];
	int k;

	for (k = 0; k < ORACLE_LABELS; k++)
		if (chance(rng, k == HOST ? 5 : 20))
			w->label[k] = node->label[k];
	if (chance(rng, 20))
		w->zones = (1u << node->zone | 1u << rng_between(rng, 0, ORACLE_ZONES)) & ~1u;
	if (chance(rng, 8))
		w->n_listed = make_list(o, w->listed, like, rng);
	if (chance(rng, 8))
		w->n_excluded = make_list(o, w->excluded, rng_between(rng, 0, o->n_nodes - 1), rng);
}

void
make_wants(const struct oracle *o, struct wants *w, struct rng *rng)
{
	int like = rng_between(rng, 0, o->n_nodes - 1), k;

	memset(w, 0, sizeof(*w));
	for (k = 0; k < ORACLE_SERVICES; k++)
		w->services |= chance(rng, 15) ? 1u << k : 0;
	if (chance(rng, 15)) /* it wants nothing else */
		return;
	make_traits(o, w, like, rng);
	if (chance(rng, 10)) /* perhaps nobody has both */
		make_traits(o, w, rng_between(rng, 0, o->n_nodes - 1), rng);
	for (k = 0; k < ORACLE_RESOURCES; k++)
		if (chance(rng, 15))
			w->resource[k] = 1 +
			    (long long)(rng_next(rng) %
			        (uint64_t)(chance(rng, 10) ? amounts_max[k] : amounts_max[k] / 4));
	if (chance(rng, 35))
		w->group = rng_between(rng, 1, ORACLE_GROUPS);
	if (w->group != 0 && chance(rng, 80))
		make_spread(w, rng);
}

void
add_services(struct buf *b, unsigned set)
{
	const char *before = "";
	int k;

	for (k = 0; k < ORACLE_SERVICES; k++)
		if ((set >> k & 1) != 0) {
			buf_addf(b, "%s%s", before, services[k]);
			before = ",";
		}
}

static void
add_label(struct buf *b, int key, int value)
{
	if (key == HOST)
		buf_addf(b, "%s=h%d", labels[key], value);
	else
		buf_addf(b, "%s=%s", labels[key], values[key][value]);
}

void
add_labels(struct buf *b, const struct oracle_node *node)
{
	const char *before = "";
	int k;

	for (k = 0; k < ORACLE_LABELS; k++)
		if (node->label[k] != 0) {
			buf_add_str(b, before);
			add_label(b, k, node->label[k]);
			before = ",";
		}
}

void
add_amounts(struct buf *b, const long long *amount)
{
	const char *before = "";
	int k;

	for (k = 0; k < ORACLE_RESOURCES; k++)
		if (amount[k] != 0) {
			buf_addf(b, "%s%s=%lld", before, resources[k], amount[k]);
			before = ",";
		}
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_ids(struct buf *b, const struct oracle *o, const char *word, const int *list, int n)
{
	const char *ids[ORACLE_LISTED_MAX];
	int i;

	for (i = 0; i < n; i++)
		ids[i] = o->node[list[i]].id;
	qsort(ids, (size_t)n, sizeof(ids[0]), compare_ids);
	for (i = 0; i < n; i++)
		buf_addf(b, "%s%s", i > 0 ? "," : word, ids[i]);
}

static void
add_spread(struct buf *b, const struct wants *w)
{
	if (w->spread_by < SPREAD_LABEL)
		buf_addf(b, " spread:%s/", w->spread_by == SPREAD_NODE ? "node" : "zone");
	else
		buf_addf(b, " spread:label:%s/", labels[w->spread_by - SPREAD_LABEL]);
	if (w->most > 0)
		buf_addf(b, "%d", w->most);
	buf_add_str(b, "/");
	if (w->skew > 0)
		buf_addf(b, "%d", w->skew);
	buf_addf(b, "/%s", w->soft ? "1" : "");
}

/* Adds the words with a space before each. */
static void
add_words(struct buf *b, const struct oracle *o, const struct wants *w)
{
	const char *before = " zone:";
	int k;

	for (k = 0; k < ORACLE_LABELS; k++)
		if (w->label[k] != 0) {
			buf_add_str(b, " label:");
			add_label(b, k, w->label[k]);
		}
	for (k = 1; k <= ORACLE_ZONES; k++)
		if ((w->zones >> k & 1) != 0) {
			buf_addf(b, "%s%s", before, zones[k]);
			before = ",";
		}
	add_ids(b, o, " node:", w->listed, w->n_listed);
	add_ids(b, o, " not:", w->excluded, w->n_excluded);
	for (k = 0; k < ORACLE_RESOURCES; k++)
		if (w->resource[k] != 0)
			buf_addf(b, " resource:%s=%lld", resources[k], w->resource[k]);
	if (w->group != 0)
		buf_addf(b, " group:g%d", w->group);
	if (w->spread_by != SPREAD_NONE)
		add_spread(b, w);
}

void
add_requirements(struct buf *b, const struct oracle *o, const struct wants *w)
{
	struct buf words = BUF_INIT;

	add_words(&words, o, w);
	if (words.len > 0)
		buf_add_str(b, buf_str(&words) + 1);
	buf_fini(&words);
}
