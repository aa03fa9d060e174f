/* Faults of a primary under sentinels: a replica takes its place, perhaps without its last writes. */
#include "chaos/faults_internal.h"

#include "support/process.h"

struct change {
	struct world *w;
	const struct sentinel_server *was;
};

static bool
another_is_primary(void *arg)
{
	struct change *c = arg;
	const struct sentinel_server *now = sentinel_primary(&c->w->fleet.sentinels);

	return now != NULL && now != c->was;
}

static void
await_failover(struct world *w, const struct sentinel_server *was)
{
	struct change c = { .w = w, .was = was };

	if (!poll_until(another_is_primary, &c, RECOVERY_MAX_MS))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "sentinels", "no failover");
}

static struct sentinel_server *
current(struct world *w)
{
	struct sentinel_server *primary = sentinel_primary(&w->fleet.sentinels);

	if (primary == NULL)
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "sentinels", "no primary");
	return primary;
}

void
primary_killed(struct world *w)
{
	struct sentinel_server *primary = current(w);

	if (primary == NULL)
		return;
	fleet_disturb(&w->fleet, NULL);
	fleet_kill(&primary->pid);
	await_failover(w, primary);
	if (!sentinel_start_replica(&w->fleet.sentinels, primary))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "redis", "does not start");
	fleet_calm(&w->fleet, NULL);
}

/* When it goes on it takes itself for the primary until a sentinel tells it otherwise. */
void
primary_frozen(struct world *w)
{
	struct sentinel_server *primary = current(w);

	if (primary == NULL)
		return;
	fleet_disturb(&w->fleet, NULL);
	process_freeze(primary->pid);
	await_failover(w, primary);
	process_thaw(primary->pid);
	fleet_calm(&w->fleet, NULL);
}
