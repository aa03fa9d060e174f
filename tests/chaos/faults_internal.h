/* Shared by the fault*.c files: helper functions, and the functions of the faults. */
#ifndef CHAOS_FAULTS_INTERNAL_H
#define CHAOS_FAULTS_INTERNAL_H

#include "chaos/world.h"

struct death {
	struct world *w;
	const char *id; /* of the node that died */
	long since;
	long detected_ms,
	    placed_ms; /* ms from its death until it was offline, and until it had no agents */
};

/* Waits until the node is offline and has no agents. */
void await_death(struct death *d);

struct succession {
	struct world *w;
	struct daemon *was; /* the previous leader */
};

/* Whether a daemon leads that is not the previous leader; for poll_until. */
bool another_leads(void *arg);

void leader_slow(struct world *w);
void leader_uninformed(struct world *w);
void link_delayed(struct world *w);
void link_dropped(struct world *w);
void link_half_open(struct world *w);
void link_reset(struct world *w);
void link_cut(struct world *w);
void link_muted(struct world *w);

void primary_killed(struct world *w);
void primary_frozen(struct world *w);
void sentinel_silent(struct world *w);
void primary_ahead(struct world *w);

void most_nodes_lost(struct world *w);
void most_nodes_given_up(struct world *w);
void all_nodes_lost(struct world *w);

#endif
