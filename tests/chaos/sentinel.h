/*
 * A Redis that fails over: a primary and two replicas under three sentinels, real processes on
 * ports of 127.0.0.1. For the thread that started it alone.
 */
#ifndef CHAOS_SENTINEL_H
#define CHAOS_SENTINEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { REDISES = 3, SENTINELS = 3, DOWN_AFTER_MS = 1500 };

#define SENTINEL_NAME "muster"

struct sentinel_server {
	pid_t pid; /* 0: it does not run */
	int port;
};

struct sentinel_set {
	char dir[64];
	struct sentinel_server redis[REDISES];
	struct sentinel_server sentinel[SENTINELS];
};

/* Starts all and waits until every sentinel knows of everything. False with a message if not. */
bool sentinel_start(struct sentinel_set *s, const char *dir);
void sentinel_stop(struct sentinel_set *s);

/* For -redis. Returns `out`. */
const char *sentinel_url(const struct sentinel_set *s, char *out, size_t size);

/* The server that the sentinels have clients go to and that says it is primary; NULL: none yet. */
struct sentinel_server *sentinel_primary(struct sentinel_set *s);

/* Starts a server that was killed, as a replica of the primary. */
bool sentinel_start_replica(struct sentinel_set *s, struct sentinel_server *server);

/* True while all sentinels name one primary, think well of it, and both others follow it. */
bool sentinel_in_sync(struct sentinel_set *s);

#endif
