/* Faults of the link between a front-end and Redis. */
#include "chaos/faults_internal.h"

#include "support/api.h"
#include "support/process.h"

enum {
	LONG_MS = 2500, /* longer than the command timeout of a front-end */
	SHORT_MS = 700,
	DELAY_MS = 300,
	SLOW_MS = 3 * LEASE_MS / 2, /* so late that the lease has expired */
	/* Together with the pause between two campaigns, this is longer than a lease. */
	LATE_REPLY_MS = 7 * LEASE_MS / 9,
	ARRIVED_MS = 50
};

static void
worsen(struct world *w, enum proxy_mode mode, int n, long ms)
{
	struct daemon *d = &w->fleet.daemon[rng_between(&w->rng, 0, FRONTS - 1)];

	proxy_set(d->proxy, mode, n);
	world_go_on(ms);
	proxy_set(d->proxy, PROXY_PASS, 0);
}

void
link_delayed(struct world *w)
{
	worsen(w, PROXY_DELAY, DELAY_MS, SHORT_MS);
}

void
link_dropped(struct world *w)
{
	worsen(w, PROXY_DROP, 0, LONG_MS);
}

void
link_half_open(struct world *w)
{
	worsen(w, PROXY_HALF_OPEN, 0, LONG_MS);
}

void
link_reset(struct world *w)
{
	worsen(w, PROXY_RESET, 0, SHORT_MS);
}

void
link_cut(struct world *w)
{
	worsen(w, PROXY_CUT, rng_between(&w->rng, 1, 4000), SHORT_MS);
}

void
link_muted(struct world *w)
{
	worsen(w, PROXY_MUTE, 0, LONG_MS);
}

struct refusals {
	struct world *w;
	long before;
};

static bool
one_is_refused(void *arg)
{
	struct refusals *r = arg;

	return fleet_errors(&r->w->fleet, "NOT_LEADER") > r->before;
}

/* Makes a front-end the leader, and waits until it knows. Returns it, or NULL. */
static struct daemon *
promote(struct world *w)
{
	struct daemon *d = &w->fleet.daemon[rng_between(&w->rng, 0, FRONTS - 1)];
	int status = api_try(d->port, "POST", "/api/cluster/leader", "{}", NULL);

	if (status != 200) {
		findings_add(
		    &w->findings, FINDING_NOT_RECOVERED, "leader", "promotion: status %d", status);
		return NULL;
	}
	world_go_on(LEASE_MS); /* the new leader learns of it with its next campaign */
	return d;
}

/*
 * The leader's link becomes slow. Commands that it sent while it was the leader arrive after its
 * lease has expired, and must be refused. Redis counts the refusals.
 */
void
leader_slow(struct world *w)
{
	struct daemon *d = promote(w);
	struct refusals r = { .w = w };

	if (d == NULL)
		return;
	r.before = fleet_errors(&w->fleet, "NOT_LEADER");
	fleet_disturb(&w->fleet, d);
	proxy_set(d->proxy, PROXY_DELAY, SLOW_MS);
	if (!poll_until(one_is_refused, &r, 3 * SLOW_MS))
		findings_add(&w->findings, FINDING_LATE_WRITE, "leader",
		    "none of the slow leader's writes was refused");
	proxy_set(d->proxy, PROXY_PASS, 0);
	fleet_calm(&w->fleet, d);
}

/*
 * Replies to the leader come so late that its lease ends between two campaigns. Its commands arrive at
 * once, so it has to know by its own clock that the lease has ended: Redis must have nothing to refuse.
 */
void
leader_uninformed(struct world *w)
{
	struct succession s = { .w = w, .was = promote(w) };
	long before;

	if (s.was == NULL)
		return;
	fleet_disturb(&w->fleet, s.was);
	proxy_set(s.was->proxy, PROXY_LATE, LATE_REPLY_MS);
	if (!poll_until(another_leads, &s, RECOVERY_MAX_MS))
		findings_add(&w->findings, FINDING_NOT_RECOVERED, "leader",
		    "keeps the lease that it cannot renew in time");
	/* What it sent while it had the lease has arrived by then. */
	world_go_on(ARRIVED_MS);
	before = fleet_errors(&w->fleet, "NOT_LEADER");
	world_go_on(LEASE_MS);
	if (fleet_errors(&w->fleet, "NOT_LEADER") > before)
		findings_add(&w->findings, FINDING_LATE_DUTY, "leader",
		    "%ld commands came after its lease had ended",
		    fleet_errors(&w->fleet, "NOT_LEADER") - before);
	proxy_set(s.was->proxy, PROXY_PASS, 0);
	fleet_calm(&w->fleet, s.was);
}
