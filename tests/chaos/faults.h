/*
 * The faults, one table row each. A fault does its harm, keeps it up for a while and repairs it. It
 * also checks what must be true during that time.
 */
#ifndef CHAOS_FAULTS_H
#define CHAOS_FAULTS_H

#include "chaos/world.h"

#include <stdbool.h>
#include <stddef.h>

struct fault {
	const char *name;
	const char
	    *promise; /* what must be true during the fault, in addition to all general checks */
	void (*run)(struct world *w);
	unsigned flags;
};

enum {
	NO_MOVES = 1, /* no node is declared dead and no agent is moved */
	MAY_LOSE = 2, /* Redis may lose writes that it has acknowledged */
	SINGLE = 4,   /* for a single Redis */
	FAILOVER = 8, /* for Redis with sentinels */
	ANY = SINGLE | FAILOVER
};

extern const struct fault faults[];
extern const size_t faults_n;

#endif
