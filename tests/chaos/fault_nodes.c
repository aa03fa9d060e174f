/* Faults in which many nodes are lost at once. In practice, the cause of that is mostly the
 * network. */
#include "chaos/faults_internal.h"

#include "support/api.h"
#include "support/process.h"

#include <stdlib.h>
#include <string.h>

#define HOLD "/api/cluster/hold"

enum { HELD_MS = 1500, ONE_MEMBER = 1 };

struct held {
	struct world *w;
	const char *state;
};

/* Whether a front-end reports the hold. Front-ends keep running in these faults. */
static bool
hold_is(void *arg)
{
	struct held *h = arg;
	json_t *body;
	const char *state;

	if (api_try(h->w->fleet.daemon[0].port, "GET", HOLD, NULL, &body) != 200)
		return false;
	state = json_string_value(json_object_get(body, "state"));
	return state != NULL && strcmp(state, h->state) == 0;
}

static void
await_hold(struct world *w, const char *state)
{
	struct held h = { .w = w, .state = state };

	if (!poll_until(hold_is, &h, TTL_MS + GRACE_MS + LEASE_MS + 2000))
		findings_add(&w->findings, FINDING_NO_HOLD, "hold", "is not %s in time", state);
}

/* Silences all REST nodes and kills `members` members: with one member, 6 of 8 nodes are lost; with
 * all, 8. */
static void
lose(struct world *w, int members)
{
	int i;

	for (i = 0; i < REST_NODES; i++)
		atomic_store(&w->rest[i].silent, true);
	for (i = FRONTS; i < FRONTS + members; i++) {
		fleet_disturb(&w->fleet, &w->fleet.daemon[i]);
		fleet_kill(&w->fleet.daemon[i].pid);
	}
}

static void
bring_back(struct world *w, int members)
{
	int i;

	for (i = 0; i < REST_NODES; i++)
		atomic_store(&w->rest[i].silent, false);
	for (i = FRONTS; i < FRONTS + members; i++) {
		if (!fleet_start_daemon(&w->fleet, &w->fleet.daemon[i]))
			findings_add(
			    &w->findings, FINDING_NOT_RECOVERED, "musterd", "does not start");
		fleet_calm(&w->fleet, &w->fleet.daemon[i]);
	}
	await_hold(w, "off");
}

void
most_nodes_lost(struct world *w)
{
	lose(w, ONE_MEMBER);
	await_hold(w, "on");
	world_go_on(HELD_MS);
	bring_back(w, ONE_MEMBER);
}

void
all_nodes_lost(struct world *w)
{
	lose(w, MEMBERS);
	await_hold(w, "on");
	world_go_on(HELD_MS);
	bring_back(w, MEMBERS);
}

/* An operator decides about the nodes that are suspect by then. Those that lapse later may begin another hold. */
static bool
all_are_suspect(void *arg)
{
	struct world *w = arg;
	const char *number = fleet_ask(&w->fleet, "ZCARD " PREFIX "suspects");

	return number != NULL && atoi(number) >= REST_NODES + ONE_MEMBER;
}

/* An operator confirms that the nodes are dead, in each of the two possible ways. */
void
most_nodes_given_up(struct world *w)
{
	const char *action = rng_between(&w->rng, 0, 1) == 0 ? "release" : "confirm_dead";
	int status, i;

	lose(w, ONE_MEMBER);
	await_hold(w, "on");
	if (!poll_until(all_are_suspect, w, TTL_MS + LEASE_MS + 2000))
		findings_add(&w->findings, FINDING_NO_HOLD, "suspects", "are not all in time");
	status = api_try(
	    w->fleet.daemon[0].port, "POST", HOLD, fmt("{\"action\":\"%s\"}", action), NULL);
	if (status != 200)
		findings_add(&w->findings, FINDING_NO_HOLD, action, "status %d", status);
	for (i = 0; i < REST_NODES; i++) {
		struct death death = { .w = w, .id = w->rest[i].id, .since = now_ms() };

		await_death(&death);
	}
	bring_back(w, ONE_MEMBER);
}
