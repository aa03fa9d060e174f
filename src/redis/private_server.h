/*
 * A redis-server of our own, for -dev: on a unix socket in a directory that keeps its data, and
 * stopped with this process however that ends.
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
	int lock; /* descriptor of the directory's lock */
};

/*
 * Starts redis-server in `dir`, which is made where it is missing, and waits until it answers
 * (at most 10 s). To be called from the main thread, which must live as long as the server.
 * ERR_STORE_UNAVAILABLE with a sentence in `why`: the directory is in use or cannot be used,
 * there is no redis-server, or it ended.
 */
enum err private_server_start(
    struct private_server *s, const char *dir, char *why, size_t why_size) MUST_CHECK;

/* True where the server has ended by itself: to be asked after SIGCHLD. */
bool private_server_ended(struct private_server *s);

/* Stops the server, waits for its end, and frees what `s` holds. */
void private_server_stop(struct private_server *s);

#endif
