/* Everything that a run consists of, and the checks during its pauses. */
#ifndef CHAOS_WORLD_H
#define CHAOS_WORLD_H

#include "chaos/clients.h"
#include "chaos/findings.h"
#include "chaos/fleet.h"
#include "chaos/history.h"
#include "chaos/replay.h"
#include "chaos/rest_nodes.h"
#include "chaos/samples.h"
#include "chaos/watchers.h"
#include "support/rng.h"

enum { RECOVERY_MAX_MS = 20000 };

struct world {
	struct fleet fleet;
	struct rest_node rest[REST_NODES];
	struct watcher watchers[WATCHERS];
	struct clients clients;
	struct history history;
	struct replay replay;
	struct findings findings;
	struct rng rng;
	int64_t clock_s;         /* offset of Redis' clock */
	struct samples detected; /* ms from a node's death until it is offline */
	struct samples placed;   /* ms from a node's death until its last agent is placed */
	struct samples
	    failed_over; /* ms from a primary's end until every front-end can make changes again */
};

/*
 * Starts everything and waits until it serves. The history is written to a file in `dir`. failover,
 * replicas: as for fleet_start.
 */
bool world_start(struct world *w, const char *dir, uint64_t seed, bool failover, int replicas);
void world_stop(struct world *w);

/* Waits this long without changing anything. */
void world_go_on(long ms);

/*
 * Waits until all daemons serve, there is a leader, all nodes are online and no agent has to be
 * moved or placed. Returns the time it took in ms. Adds a finding NOT_RECOVERED after
 * RECOVERY_MAX_MS.
 */
long world_recover(struct world *w);

/* Agents that lost changes which Redis had acknowledged, because of a failover. */
struct losses {
	size_t promised; /* a lost change was answered as being on replicas too */
	size_t local;    /* a lost change was answered as being on the primary only */
	size_t seen;     /* no change was answered, but somebody had seen it */
};

/*
 * Checks history, state and events, while the clients are paused, and starts the next phase.
 * losses: if not NULL, changes lost by a failover are counted there and are not violations. An
 * epoch that is assigned twice always is one.
 */
void world_check(struct world *w, struct losses *losses);

#endif
