/*
 * A Redis with failover: a primary and two replicas under three sentinels, as real processes on
 * ports of 127.0.0.1. Only the thread that started them may use them.
 */
#ifndef CHAOS_SENTINEL_H
#define CHAOS_SENTINEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { REDISES = 3, SENTINELS = 3, DOWN_AFTER_MS = 1500 };

#define SENTINEL_NAME "muster"

struct sentinel_server {
	pid_t pid; /* 0: it is not running */
	int port;
};

struct sentinel_set {
	char dir[64];
	struct sentinel_server redis[REDISES];
	struct sentinel_server sentinel[SENTINELS];
};

/* Starts everything and waits until every sentinel knows all servers and sentinels. Returns false,
 * with a message, on failure. */
bool sentinel_start(struct sentinel_set *s, const char *dir);
void sentinel_stop(struct sentinel_set *s);

/* Writes the value for -redis to `out`. Returns `out`. */
const char *sentinel_url(const struct sentinel_set *s, char *out, size_t size);

/* The server that the sentinels name as primary and that says it is one; NULL if there is none
 * yet. */
struct sentinel_server *sentinel_primary(struct sentinel_set *s);

/* Restarts a server that was killed, as a replica of the primary. */
bool sentinel_start_replica(struct sentinel_set *s, struct sentinel_server *server);

/* True if all sentinels name the same primary and see it as up, and both other servers follow
 * it. */
bool sentinel_in_sync(struct sentinel_set *s);

#endif
