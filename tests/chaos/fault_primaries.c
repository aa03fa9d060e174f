/* Faults of a primary under sentinels: a replica replaces it, perhaps without its last writes. */
#include "chaos/faults_internal.h"

#include "support/api.h"
#include "support/process.h"

#include <signal.h>

enum {
	AHEAD_MS =
	    300 /* too short for the sentinels to notice, or for a wait for replicas to time out */
};

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

static bool
all_accept_changes(void *arg)
{
	const struct change *c = arg;
	int i;

	for (i = 0; i < DAEMONS; i++)
		if (api_try(c->w->fleet.daemon[i].port, "POST", "/api/cluster/nodes/m0", "{}",
		        NULL) != 200)
			return false;
	return true;
}

/* Waits until there is a new primary and every front-end has found it. */
static void
await_failover(struct world *w, const struct sentinel_server *was)
{
	struct change c = { .w = w, .was = was };
	long since = now_ms();

	if (!poll_until(another_is_primary, &c, RECOVERY_MAX_MS))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "sentinels", "no failover");
	else if (!poll_until(all_accept_changes, &c, RECOVERY_MAX_MS))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "front-ends",
		    "do not find the new primary");
	else
		samples_add(&w->failed_over, now_ms() - since);
}

static struct sentinel_server *
current(struct world *w)
{
	struct sentinel_server *primary = sentinel_primary(&w->fleet.sentinels);

	if (primary == NULL)
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "sentinels", "no primary");
	return primary;
}

/* Kills the primary, waits for the failover, and restarts it as a replica. */
static void
replace(struct world *w, struct sentinel_server *primary)
{
	fleet_kill(&primary->pid);
	await_failover(w, primary);
	if (!sentinel_start_replica(&w->fleet.sentinels, primary))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "redis", "does not start");
}

void
primary_killed(struct world *w)
{
	struct sentinel_server *primary = current(w);

	if (primary == NULL)
		return;
	fleet_disturb(&w->fleet, NULL);
	replace(w, primary);
	fleet_calm(&w->fleet, NULL);
}

/*
 * The primary is killed while a sentinel is stopped, which accepts connections and says nothing. The
 * first one is asked first by every front-end that has not had to ask another one yet.
 */
void
sentinel_silent(struct world *w)
{
	struct sentinel_server *primary = current(w);
	struct sentinel_server *silent = &w->fleet.sentinels.sentinel[0];

	if (primary == NULL)
		return;
	fleet_disturb(&w->fleet, NULL);
	process_freeze(silent->pid);
	fleet_kill(&primary->pid);
	await_failover(w, primary);
	process_thaw(silent->pid);
	if (!sentinel_start_replica(&w->fleet.sentinels, primary))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "redis", "does not start");
	fleet_calm(&w->fleet, NULL);
}

static void
each_replica(struct world *w, const struct sentinel_server *primary, void (*visit)(pid_t pid))
{
	struct sentinel_server *redis = w->fleet.sentinels.redis;
	int i;

	for (i = 0; i < REDISES; i++)
		if (&redis[i] != primary)
			visit(redis[i].pid);
}

static void
freeze(pid_t pid)
{
	process_freeze(pid);
}

/* Kills a primary whose replicas were stopped before. Its last answers are lost with it, unless
 * they waited for replicas. */
void
primary_ahead(struct world *w)
{
	struct sentinel_server *primary = current(w);

	if (primary == NULL)
		return;
	fleet_disturb(&w->fleet, NULL);
	each_replica(w, primary, freeze);
	/* Without this, data that is already on a connection to them would still arrive. */
	fleet_ask(&w->fleet, "CLIENT KILL TYPE replica");
	world_go_on(AHEAD_MS);
	kill(primary->pid, SIGKILL);
	each_replica(w, primary, process_thaw);
	replace(w, primary);
	fleet_calm(&w->fleet, NULL);
}

/* When it continues, it believes that it is the primary, until a sentinel tells it otherwise. */
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
