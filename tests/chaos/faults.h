/*
 * The faults: one table row each. A fault does its harm, keeps it up for as long as it takes and
 * mends it again; what it has to see meanwhile it checks itself.
 */
#ifndef CHAOS_FAULTS_H
#define CHAOS_FAULTS_H

#include "chaos/world.h"

#include <stdbool.h>
#include <stddef.h>

struct fault {
	const char *name;
	const char *promise; /* what holds in spite of it, besides all that holds always */
	void (*run)(struct world *w);
	unsigned flags;
};

enum {
	NO_MOVES = 1, /* no node is declared dead and no agent moved because of it */
	MAY_LOSE = 2, /* Redis itself may lose writes that it has acknowledged */
	SINGLE = 4,   /* with one Redis */
	FAILOVER = 8, /* with sentinels */
	ANY = SINGLE | FAILOVER
};

extern const struct fault faults[];
extern const size_t faults_n;

#endif
