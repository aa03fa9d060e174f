/* The whole run: waits for recovery, and makes all checks while the clients are paused. */
#include "chaos/world.h"

#include "chaos/dump.h"
#include "chaos/linear.h"
#include "chaos/state.h"
#include "support/api.h"
#include "support/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NODES = MEMBERS + REST_NODES };

struct waiting {
	struct world *w;
	char why[256]; /* what has not recovered yet */
};

static bool
not_yet(struct waiting *wait, const char *what, const char *whom)
{
	snprintf(wait->why, sizeof(wait->why), "%s: %s", whom, what);
	return false;
}

static bool
nodes_are_well(json_t *dump, struct waiting *wait)
{
	const char *key, *id;
	size_t online = 0;
	json_t *value;

	json_object_foreach(dump, key, value)
	{
		if ((id = dump_id(key, "node:")) == NULL)
			continue;
		if (strcmp(dump_text(dump, key, "status"), "online") != 0 ||
		    strcmp(dump_text(dump, key, "suspect"), "1") == 0)
			return not_yet(wait, "not online", id);
		online++;
	}
	if (online < NODES)
		return not_yet(wait, "fewer nodes than should be", fmt("%zu", online));
	if (dump_size(dump, "evacuating") > 0 || dump_size(dump, "suspects") > 0)
		return not_yet(wait, "not empty", "evacuating or suspects");
	if (state_placeable(dump) > 0)
		return not_yet(wait, "a node could take them", "pending agents");
	return true;
}

static bool
is_recovered(void *arg)
{
	struct waiting *wait = arg;
	struct fleet *fl = &wait->w->fleet;
	const char *lease;
	json_t *dump;
	bool well;
	int i;

	for (i = 0; i < DAEMONS; i++)
		if (api_try(fl->daemon[i].port, "GET", "/readyz", NULL, NULL) != 200)
			return not_yet(wait, "not ready", fmt("daemon %d", i));
	if (fl->failover && !sentinel_in_sync(&fl->sentinels))
		return not_yet(wait, "not in sync", "replicas");
	lease = fleet_ask(fl, "GET " PREFIX "lease");
	if (lease == NULL || *lease == '\0')
		return not_yet(wait, "nobody leads", "lease");
	dump = fleet_redis(fl) != NULL ? dump_read(fleet_redis(fl), PREFIX) : NULL;
	if (dump == NULL)
		return not_yet(wait, "does not answer", "redis");
	well = nodes_are_well(dump, wait);
	json_decref(dump);
	return well;
}

void
world_go_on(long ms)
{
	const struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

long
world_recover(struct world *w)
{
	struct waiting wait = { .w = w };
	long since = now_ms();

	if (!poll_until(is_recovered, &wait, RECOVERY_MAX_MS))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "cluster", "after %d ms: %s",
		    RECOVERY_MAX_MS, wait.why);
	return now_ms() - since;
}

/* Runs the cluster's own check, over all pages. */
static void
check_own(struct world *w)
{
	int port = w->fleet.daemon[FRONTS].port, status;
	const char *cursor = "";
	json_t *body, *v;
	size_t i;

	do {
		status =
		    api_try(port, "GET", fmt("/api/cluster/check?limit=20%s", cursor), NULL, &body);
		if (status != 200)
			findings_add(
			    &w->findings, FINDING_OWN_CHECK, "GET check", "status %d", status);
		json_array_foreach(json_object_get(body, "violations"), i, v)
		    findings_add(&w->findings, FINDING_OWN_CHECK,
		        fmt("%s", json_string_value(json_object_get(v, "subject"))), "%s: %s",
		        json_string_value(json_object_get(v, "kind")),
		        json_string_value(json_object_get(v, "detail")));
		cursor = json_string_value(json_object_get(body, "next_cursor"));
		if (cursor != NULL)
			cursor = fmt("&cursor=%s", cursor);
	} while (status == 200 && cursor != NULL);
}

/* The number of different agents that the findings are about. */
static size_t
agents_of(const struct findings *f)
{
	size_t i, j, n = 0;

	for (i = 0; i < f->count && i < FINDINGS_KEPT; i++) {
		for (j = 0; strcmp(f->kept[j].subject, f->kept[i].subject) != 0; j++)
			continue;
		n += i == j;
	}
	return n;
}

/* Adds the findings that a lost write explains to `lost`, and the others to `all`. */
static void
sort_out(const struct findings *found, struct findings *lost, struct findings *all)
{
	size_t i;

	for (i = 0; i < found->count && i < FINDINGS_KEPT; i++) {
		const struct finding *f = &found->kept[i];
		bool explained = f->kind == FINDING_NOT_LINEARIZABLE ||
		    f->kind == FINDING_EPOCH_BACK || f->kind == FINDING_LOST_ASSIGNMENT;

		findings_add(explained ? lost : all, f->kind, f->subject, "%s", f->detail);
	}
}

static bool
is_change(const struct op *op)
{
	return op->outcome == OUT_CREATED || op->outcome == OUT_QUEUED ||
	    op->outcome == OUT_RELEASED;
}

/* The number of agents without a valid order if operations that only saw something are ignored. If
 * `local` is false, local changes may be missing too. */
static size_t
count_without(struct history *h, bool local)
{
	static struct findings found;
	size_t i;

	for (i = 0; i < h->n; i++) {
		struct op *op = &h->ops[i];

		if (op->client != HISTORY_STORE && !is_change(op) && op->outcome != OUT_UNKNOWN)
			op->outcome = OUT_NONE;
		if (!local && is_change(op) && op->local)
			op->outcome = OUT_UNKNOWN;
	}
	found.count = 0;
	linear_check(h, &found);
	return agents_of(&found);
}

static void
count_losses(
    struct history *h, const struct findings *found, struct world *w, struct losses *losses)
{
	static struct findings lost;
	size_t all, changes, promised;

	lost.count = 0;
	sort_out(found, &lost, &w->findings);
	all = agents_of(&lost);
	changes = count_without(h, true);
	promised = count_without(h, false);
	losses->promised += promised;
	losses->local += changes - promised;
	losses->seen += all - changes;
}

static void
check_history(struct world *w, json_t *dump, struct losses *losses)
{
	static struct findings found;
	struct findings *f = losses != NULL ? &found : &w->findings;
	struct history copy;

	found.count = 0;
	history_settle(&w->history);
	history_copy(&w->history, &copy);
	state_check_acknowledged(dump, &copy, f);
	history_fini(&copy);
	state_note(dump, &w->history, w->clients.agents, AGENTS);
	history_copy(&w->history, &copy);
	linear_check(&copy, f);
	fencing_check(&copy, f);
	if (losses != NULL)
		count_losses(&copy, &found, w, losses);
	history_fini(&copy);
	history_next_phase(&w->history);
}

void
world_check(struct world *w, struct losses *losses)
{
	unsigned long late = atomic_exchange(&w->clients.late, 0);
	redisContext *redis;
	json_t *dump;

	clients_pause(&w->clients);
	/* Agents of the clients' last calls may still have to be placed. */
	world_recover(w);
	redis = fleet_redis(&w->fleet);
	if (redis != NULL && replay_read(&w->replay, redis, PREFIX, &w->findings) &&
	    (dump = dump_read(redis, PREFIX)) != NULL) {
		state_check(dump, &w->findings);
		replay_compare(&w->replay, dump, &w->findings);
		check_history(w, dump, losses);
		json_decref(dump);
	} else {
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "redis", "does not answer");
	}
	check_own(w);
	watchers_check(w->watchers, &w->findings);
	if (late > 0)
		findings_add(&w->findings, FINDING_LATE_ANSWER, "front-ends",
		    "%lu requests without an answer within %d ms", late, LATE_MS);
	clients_resume(&w->clients);
}

bool
world_start(struct world *w, const char *dir, uint64_t seed, bool failover, int replicas)
{
	memset(w, 0, sizeof(*w));
	w->rng.state = seed;
	replay_init(&w->replay);
	if (!history_init(&w->history, fmt("%s/history", dir)) ||
	    !fleet_start(&w->fleet, dir, failover, replicas))
		return false;
	rest_nodes_start(w->rest, &w->fleet, &w->history, seed);
	world_recover(w);
	clients_start(&w->clients, &w->fleet, &w->history, seed);
	watchers_start(w->watchers, &w->fleet, seed);
	return w->findings.count == 0;
}

void
world_stop(struct world *w)
{
	clients_stop(&w->clients);
	watchers_stop(w->watchers);
	rest_nodes_stop(w->rest);
	fleet_stop(&w->fleet);
	history_fini(&w->history);
	replay_fini(&w->replay);
	samples_fini(&w->detected);
	samples_fini(&w->placed);
	samples_fini(&w->failed_over);
}
