/*
 * Everything that a run is made of, and the checks at its quiet moments.
 */
#ifndef CHAOS_WORLD_H
#define CHAOS_WORLD_H

#include "chaos/clients.h"
#include "chaos/findings.h"
#include "chaos/fleet.h"
#include "chaos/history.h"
#include "chaos/replay.h"
#include "chaos/rest_nodes.h"
#include "support/rng.h"
#include "chaos/samples.h"

enum { RECOVERY_MAX_MS = 20000 };

struct world {
	struct fleet fleet;
	struct rest_node rest[REST_NODES];
	struct clients clients;
	struct history history;
	struct replay replay;
	struct findings findings;
	struct rng rng;
	int64_t clock_s;            /* by how much Redis' clock is off */
	struct samples detected;    /* ms from a node's death to its being offline */
	struct samples placed;      /* ms from a node's death to its last agent's being placed */
	struct samples failed_over; /* ms from a primary's end to changes on every front-end */
};

/*
 * Starts all and waits until it serves. The history goes to a file in `dir`. failover, replicas:
 * as fleet_start says.
 */
bool world_start(struct world *w, const char *dir, uint64_t seed, bool failover, int replicas);
void world_stop(struct world *w);

/* Lets everything go on as it is for so long. */
void world_go_on(long ms);

/*
 * Waits until all daemons serve, somebody leads, all nodes are online and nothing is left to be
 * moved or placed. Returns how long that took in ms; finds NOT_RECOVERED after RECOVERY_MAX_MS.
 */
long world_recover(struct world *w);

/* Agents found where they were before, because a failover lost what Redis had acknowledged. */
struct losses {
	size_t promised; /* a change of theirs had been answered as being on replicas too */
	size_t local;    /* one had been answered, as being on the primary alone */
	size_t seen;     /* none had been answered, but somebody had seen it */
};

/*
 * With the clients paused: checks history, state and events, and begins the next phase. losses:
 * NULL, or where such losses are counted, which then are no violations. That an epoch comes again
 * is one, as ever.
 */
void world_check(struct world *w, struct losses *losses);

#endif
