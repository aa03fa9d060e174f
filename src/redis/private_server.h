/*
 * The redis-server that `musterd -dev` starts for itself. It listens on a unix socket and keeps its
 * data in a directory. It stops when this process ends, even when that is killed.
 */
#ifndef REDIS_PRIVATE_SERVER_H
#define REDIS_PRIVATE_SERVER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct private_server {
	char *path; /* of its unix socket */
	pid_t pid;
	off_t log_start; /* where the lines of this server begin in redis.log */
	int lock;        /* file descriptor of the lock on the directory */
};

/*
 * Starts redis-server in the directory `dir`, which is created if it is missing, and waits until it
 * answers, at most 10 s. Call it from the main thread: the server ends with the thread that started
 * it. Returns ERR_STORE_UNAVAILABLE, with a sentence in `why`, if the directory is in use or cannot
 * be used, or if redis-server is not installed or ended at once; its last lines are then in our log. `s` then
 * holds nothing.
 */
enum err private_server_start(
    struct private_server *s, const char *dir, char *why, size_t why_size) MUST_CHECK;

/*
 * Takes note that the child `pid` has ended and was waited for. If it was the server, logs its last
 * lines and what to do, and returns true.
 */
bool private_server_ended(struct private_server *s, pid_t pid);

/* Stops the server, waits for its end and frees what `s` holds. Does nothing the second time. */
void private_server_stop(struct private_server *s);

#endif
