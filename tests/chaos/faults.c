/* The table of faults, and the faults of processes and of Redis. After each fault, everything is
 * running again. */
#include "chaos/faults.h"

#include "chaos/faults_internal.h"
#include "redis/script_source.h"
#include "support/api.h"
#include "support/process.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	STOPPED_MS = 3 * TTL_MS,
	HOUR_S = 3600,
	LATE_DEATH_MS = 1000,
	SLACK_MS = 25,
	/* From the end of a lease until the next leader has judged the nodes. */
	NEXT_LEADER_MS = 400
};

static bool
is_offline(void *arg)
{
	struct death *d = arg;
	const char *status = fleet_ask(&d->w->fleet, "HGET " PREFIX "node:%s status", d->id);

	return status != NULL && strcmp(status, "offline") == 0;
}

static bool
is_empty(void *arg)
{
	struct death *d = arg;
	const char *left = fleet_ask(&d->w->fleet, "ZCARD " PREFIX "node_agents:%s", d->id);

	return left != NULL && strcmp(left, "0") == 0;
}

void
await_death(struct death *d)
{
	struct findings *f = &d->w->findings;

	if (!poll_until(is_offline, d, RECOVERY_MAX_MS))
		findings_add(f, FINDING_NOT_RECOVERED, d->id, "is dead, but not offline");
	d->detected_ms = now_ms() - d->since;
	if (!poll_until(is_empty, d, RECOVERY_MAX_MS))
		findings_add(f, FINDING_NOT_RECOVERED, d->id, "is dead, but still has agents");
	d->placed_ms = now_ms() - d->since;
}

/*
 * Checks that nobody was given an agent on the member after its last heartbeat had ended. It has sent
 * none after `silent_ms`, on the monotonic clock.
 */
static void
check_lapsed(struct death *d, long silent_ms)
{
	int64_t lapsed = (int64_t)(silent_ms + TTL_MS + SLACK_MS) * 1000;
	struct history *h = &d->w->history;
	char text[200];
	size_t i;

	pthread_mutex_lock(&h->lock);
	for (i = 0; i < h->n; i++) {
		const struct op *op = &h->ops[i];

		if (op->kind == OP_ASSIGN && op->outcome == OUT_CREATED && op->called > lapsed &&
		    strcmp(op->node, d->id) == 0)
			findings_add(&d->w->findings, FINDING_LAPSED, d->id, "%s",
			    op_text(op, text, sizeof(text)));
	}
	pthread_mutex_unlock(&h->lock);
}

/* Like await_death, for a death at a known time: records the durations and checks the limit. */
static void
measure_death(struct death *d, long most_ms)
{
	await_death(d);
	samples_add(&d->w->detected, d->detected_ms);
	samples_add(&d->w->placed, d->placed_ms);
	if (d->placed_ms > most_ms)
		findings_add(&d->w->findings, FINDING_NOT_RECOVERED, d->id,
		    "was dead for %ld ms before its agents were placed, more than %ld",
		    d->placed_ms, most_ms);
}

/* Picks any member except the leader. */
static struct daemon *
some_follower(struct world *w)
{
	struct daemon *leader = fleet_leader(&w->fleet), *d;

	do
		d = &w->fleet.daemon[rng_between(&w->rng, FRONTS, DAEMONS - 1)];
	while (d == leader);
	return d;
}

static void
restart(struct world *w, struct daemon *d)
{
	if (!fleet_start_daemon(&w->fleet, d))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "musterd", "does not start");
}

static void
none(struct world *w)
{
	(void)w;
	world_go_on(500);
}

static void
member_killed(struct world *w)
{
	struct daemon *d = some_follower(w);
	struct death death = { .w = w, .id = d->id, .since = now_ms() };
	long silent_ms;

	fleet_disturb(&w->fleet, d);
	fleet_kill(&d->pid);
	silent_ms = now_ms();
	measure_death(&death, TTL_MS + GRACE_MS + LATE_DEATH_MS);
	check_lapsed(&death, silent_ms);
	restart(w, d);
	fleet_calm(&w->fleet, d);
}

static void
node_silent(struct world *w)
{
	struct rest_node *n = &w->rest[rng_between(&w->rng, 0, REST_NODES - 1)];
	struct death death = { .w = w, .id = n->id, .since = now_ms() };

	atomic_store(&n->silent, true);
	/* A heartbeat may still be in progress. */
	measure_death(&death, INTERVAL_MS + TTL_MS + GRACE_MS + LATE_DEATH_MS);
	atomic_store(&n->silent, false);
}

static void
node_leaves(struct world *w)
{
	struct rest_node *n = &w->rest[rng_between(&w->rng, 0, REST_NODES - 1)];
	int port = w->fleet.daemon[rng_between(&w->rng, 0, DAEMONS - 1)].port;
	int status = api_try(port, "DELETE", fmt("/api/cluster/nodes/%s", n->id), NULL, NULL);

	if (status != 200)
		findings_add(
		    &w->findings, FINDING_NOT_RECOVERED, n->id, "leaves: status %d", status);
}

static void
front_end_killed(struct world *w)
{
	struct daemon *d = &w->fleet.daemon[rng_between(&w->rng, 0, FRONTS - 1)];

	fleet_disturb(&w->fleet, d);
	fleet_kill(&d->pid);
	world_go_on(300);
	restart(w, d);
	fleet_calm(&w->fleet, d);
}

bool
another_leads(void *arg)
{
	struct succession *s = arg;
	struct daemon *leader = fleet_leader(&s->w->fleet);

	return leader != NULL && leader != s->was;
}

/* Waits for a new leader. There must be one within the lease and one second. */
static void
await_successor(struct world *w, struct daemon *was)
{
	struct succession s = { .w = w, .was = was };

	if (!poll_until(another_leads, &s, LEASE_MS + 1000))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "leader", "no successor in time");
}

static void
leader_killed(struct world *w)
{
	struct daemon *d = fleet_leader(&w->fleet);

	if (d == NULL)
		return;
	fleet_disturb(&w->fleet, d);
	fleet_kill(&d->pid);
	await_successor(w, d);
	restart(w, d);
	fleet_calm(&w->fleet, d);
}

static void
member_stopped(struct world *w)
{
	struct daemon *d = some_follower(w);
	struct death death = { .w = w, .id = d->id, .since = now_ms() };
	long silent_ms;

	fleet_disturb(&w->fleet, d);
	process_freeze(d->pid);
	silent_ms = now_ms();
	measure_death(&death, TTL_MS + GRACE_MS + LATE_DEATH_MS);
	check_lapsed(&death, silent_ms);
	process_thaw(d->pid);
	fleet_calm(&w->fleet, d);
}

static void
leader_stopped(struct world *w)
{
	struct daemon *d = fleet_leader(&w->fleet);
	long until = now_ms() + 3 * LEASE_MS;

	if (d == NULL)
		return;
	fleet_disturb(&w->fleet, d);
	process_freeze(d->pid);
	await_successor(w, d);
	world_go_on(until > now_ms() ? until - now_ms() : 0);
	process_thaw(d->pid);
	fleet_calm(&w->fleet, d);
}

static void
redis_frozen(struct world *w)
{
	fleet_disturb(&w->fleet, NULL);
	process_freeze(w->fleet.redis);
	world_go_on(STOPPED_MS);
	process_thaw(w->fleet.redis);
	fleet_calm(&w->fleet, NULL);
}

static void
redis_paused(struct world *w)
{
	fleet_disturb(&w->fleet, NULL);
	fleet_ask(&w->fleet, "CLIENT PAUSE %d ALL", STOPPED_MS);
	world_go_on(STOPPED_MS);
	fleet_calm(&w->fleet, NULL);
}

static void
start_redis(struct world *w)
{
	if (!fleet_start_redis(&w->fleet))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "redis", "does not start");
}

/* Ends Redis, and starts it again after the life of a heartbeat. */
static void
restart_redis(struct world *w)
{
	kill(w->fleet.redis, SIGTERM);
	if (process_wait(w->fleet.redis, RECOVERY_MAX_MS) < 0)
		fleet_kill(&w->fleet.redis);
	world_go_on(TTL_MS);
	start_redis(w);
}

static void
redis_restarted(struct world *w)
{
	fleet_disturb(&w->fleet, NULL);
	restart_redis(w);
	fleet_calm(&w->fleet, NULL);
}

/*
 * After a restart, the first to lead dies before it has done anything, and a node sends its next heartbeat
 * only when the next one leads. That one has not seen Redis for as long as a heartbeat lasts. Where a
 * front-end was faster and leads, this is the same as redis_restarted.
 */
static void
redis_restarted_leader_lost(struct world *w)
{
	struct rest_node *n = &w->rest[rng_between(&w->rng, 0, REST_NODES - 1)];

	fleet_disturb(&w->fleet, NULL);
	atomic_store(&n->silent, true);
	restart_redis(w);
	fleet_ask(&w->fleet, "EVAL %s 1 " PREFIX " dead nonce %s %d %d %d 0",
	    script_sources[SCRIPT_LEADER_CAMPAIGN].text, "", LEASE_MS, TTL_MS, INTERVAL_MS);
	world_go_on(LEASE_MS + NEXT_LEADER_MS);
	atomic_store(&n->silent, false);
	fleet_calm(&w->fleet, NULL);
}

static void
redis_killed(struct world *w)
{
	fleet_disturb(&w->fleet, NULL);
	fleet_kill(&w->fleet.redis);
	start_redis(w);
	fleet_calm(&w->fleet, NULL);
}

static void
clock_forward(struct world *w)
{
	w->clock_s += HOUR_S;
	fleet_set_clock(&w->fleet, w->clock_s);
	world_go_on(TTL_MS);
}

static void
clock_back(struct world *w)
{
	w->clock_s -= HOUR_S;
	fleet_set_clock(&w->fleet, w->clock_s);
	world_go_on(TTL_MS);
}

const struct fault faults[] = {
	{ "none", "", none, ANY | NO_MOVES },
	{ "member_killed", "offline and its agents placed within TTL + grace + 1 s", member_killed,
	    ANY },
	{ "member_stopped", "the same, and it is accepted again when it continues", member_stopped,
	    ANY },
	{ "node_silent", "the same for a node that only uses the REST API", node_silent, ANY },
	{ "node_leaves", "its agents are placed at once", node_leaves, ANY },
	{ "front_end_killed", "only its own answers are lost", front_end_killed, ANY | NO_MOVES },
	{ "leader_killed", "a new leader within lease + 1 s", leader_killed, ANY },
	{ "leader_stopped",
	    "a new leader while it is stopped, and no second leader when it continues",
	    leader_stopped, ANY },
	{ "leader_slow", "its late writes are refused", leader_slow, SINGLE | NO_MOVES },
	{ "leader_uninformed", "with late replies, it does nothing after its lease has ended",
	    leader_uninformed, SINGLE | NO_MOVES },
	{ "link_delayed", "", link_delayed, SINGLE | NO_MOVES },
	{ "link_dropped", "no answer later than 2.5 s", link_dropped, SINGLE | NO_MOVES },
	{ "link_half_open", "no answer later than 2.5 s", link_half_open, SINGLE | NO_MOVES },
	{ "link_reset", "", link_reset, SINGLE | NO_MOVES },
	{ "link_cut", "a partial reply counts as none", link_cut, SINGLE | NO_MOVES },
	{ "link_muted", "a change whose reply was lost is not made twice", link_muted,
	    SINGLE | NO_MOVES },
	{ "redis_frozen", "for 3 TTLs: no node dead, no agent moved", redis_frozen,
	    SINGLE | NO_MOVES },
	{ "redis_paused", "for 3 TTLs: no node dead, no agent moved", redis_paused,
	    SINGLE | NO_MOVES },
	{ "redis_restarted", "away for a TTL: no node dead, no agent moved", redis_restarted,
	    SINGLE | NO_MOVES },
	{ "redis_restarted_leader_lost", "the same, and the first to lead then dies at once",
	    redis_restarted_leader_lost, SINGLE | NO_MOVES },
	{ "redis_killed", "no write lost with appendfsync always", redis_killed,
	    SINGLE | NO_MOVES },
	{ "clock_forward", "by an hour: no node dead, no agent moved", clock_forward,
	    SINGLE | NO_MOVES },
	{ "clock_back", "by an hour: the same, and tokens still increase", clock_back,
	    SINGLE | NO_MOVES },
	{ "most_nodes_lost", "hold, and no agent moved until they are back", most_nodes_lost,
	    ANY | NO_MOVES },
	{ "most_nodes_given_up", "hold; after its release, all agents are placed or pending",
	    most_nodes_given_up, ANY },
	{ "all_nodes_lost", "hold, and no agent moved until they are back", all_nodes_lost,
	    ANY | NO_MOVES },
	{ "primary_killed", "failover: no node dead, no agent moved, no epoch twice",
	    primary_killed, FAILOVER | NO_MOVES | MAY_LOSE },
	{ "primary_ahead", "the same, with replicas that lack the last 300 ms", primary_ahead,
	    FAILOVER | NO_MOVES | MAY_LOSE },
	{ "primary_frozen", "the same, and nobody uses it when it continues", primary_frozen,
	    FAILOVER | NO_MOVES | MAY_LOSE },
	{ "sentinel_silent", "the same as for primary_killed, with a sentinel that says nothing",
	    sentinel_silent, FAILOVER | NO_MOVES | MAY_LOSE },
};

const size_t faults_n = sizeof(faults) / sizeof(faults[0]);
