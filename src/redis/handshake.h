/*
 * What is said on every new connection before the first command: AUTH, SELECT, CLIENT SETNAME,
 * ROLE (which must say master), INFO (7.0 or newer), and a look at maxmemory-policy.
 * The functions below it are connection.c's, for the handshake alone.
 */
#ifndef REDIS_HANDSHAKE_H
#define REDIS_HANDSHAKE_H

#include "redis/connection.h"

/* Sends the handshake; ends in one of the two functions below. */
void redis_handshake_start(struct redis_connection *c, const struct redis_options *options);

/* The handshake went well: the connection, to the Redis of that run id, is ready. */
void redis_connection_established(struct redis_connection *c, const char *run_id);

/* Gives the connection up; `what` and `why` make its trouble. */
void redis_connection_fail(struct redis_connection *c, const char *what, const char *why);

/* As redis_connection_command, on a connection that is not ready yet. */
void redis_connection_send(struct redis_connection *c, int argc, const char **argv,
    const size_t *lens, redis_reply_fn fn, void *arg);

#endif
