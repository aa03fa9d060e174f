/*
 * The clients: threads that assign, look up and release agents, many of them the same, over all
 * front-ends, and note every operation in the history. They can be made to pause.
 */
#ifndef CHAOS_CLIENTS_H
#define CHAOS_CLIENTS_H

#include "chaos/fleet.h"
#include "chaos/history.h"
#include "support/rng.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { CLIENTS = 12, AGENTS = 48, LATE_MS = 3500 };

struct clients;

struct client {
	pthread_t thread;
	struct clients *all;
	int number;
	struct rng rng;
	unsigned long keys;    /* Idempotency-Keys used */
	int64_t epoch[AGENTS]; /* as this client saw it last; 0: never */
};

struct clients {
	struct fleet *fleet;
	struct history *history;
	char agents[AGENTS][HISTORY_ID_MAX];
	struct client client[CLIENTS];

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool paused, stop;
	int waiting; /* at the pause */

	atomic_ulong status[600]; /* answers by status; 0: none came */
	atomic_ulong late;        /* no answer in LATE_MS from a daemon that nothing was done to */
};

void clients_start(struct clients *all, struct fleet *fl, struct history *h, uint64_t seed);

/* Lets each finish the operation that it is at, and waits for that. */
void clients_pause(struct clients *all);
void clients_resume(struct clients *all);

void clients_stop(struct clients *all);

#endif
