/*
 * The clients: threads that assign, look up and release agents through all front-ends, and record
 * every operation in the history. Several clients use the same agents. The clients can be paused.
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
	unsigned long keys;    /* number of Idempotency-Keys used */
	int64_t epoch[AGENTS]; /* the last epoch that this client saw; 0: none */
};

struct clients {
	struct fleet *fleet;
	struct history *history;
	char agents[AGENTS][HISTORY_ID_MAX];
	struct client client[CLIENTS];

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool paused, stop;
	int waiting; /* number of clients that are paused */

	atomic_ulong status[600]; /* number of answers by status; 0: no answer */
	atomic_ulong late; /* calls that an undisturbed daemon did not answer within LATE_MS */
};

void clients_start(struct clients *all, struct fleet *fl, struct history *h, uint64_t seed);

/* Pauses the clients after their current operations, and waits for that; resumes them. */
void clients_pause(struct clients *all);
void clients_resume(struct clients *all);

void clients_stop(struct clients *all);

#endif
