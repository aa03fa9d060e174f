/*
 * One pipelined connection to Redis on one event loop. It finds the master, connects, reconnects
 * and answers every command exactly once. Knows neither the scripts nor what is stored.
 */
#ifndef REDIS_CONNECTION_H
#define REDIS_CONNECTION_H

#include "base/buf.h"
#include "base/error.h"
#include "redis/ids.h"
#include "redis/pipeline.h"
#include "redis/url.h"

#include <event2/event.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	REDIS_IN_FLIGHT_MAX =
	    PIPELINE_MAX / 2, /* commands without a reply, unless they are urgent */
};

struct redis_connection;

/* Called each time a connection has become ready for commands. */
typedef void (*redis_ready_fn)(void *arg);

struct redis_options {
	struct redis_url url;    /* borrowed for the connection's life */
	const char *name;        /* for CLIENT SETNAME */
	int connect_timeout_ms;  /* for connecting and the handshake together */
	int command_timeout_ms;  /* from a command to its reply */
	int backoff_max_ms;      /* longest pause between two attempts to connect */
	const char *resolv_conf; /* names the servers that look up names; NULL: RESOLVER_CONF */
	atomic_int *ready; /* borrowed: counts the connections that are ready; NULL: none does */
};

/*
 * Starts to connect, and goes on trying after every failure or loss until it is freed. `options` is
 * copied, what it points to is borrowed for the connection's life. `ready` may be NULL. Never NULL;
 * free it with redis_connection_free.
 */
struct redis_connection *redis_connection_new(struct event_base *base,
    const struct redis_options *options, redis_ready_fn ready, void *ready_arg);

/*
 * Answers the commands in flight with OUTCOME_UNKNOWN and closes the connection. NULL is allowed.
 */
void redis_connection_free(struct redis_connection *c);

/*
 * Sends one command of `n` words. `lens` are their lengths in bytes, NULL for strings. `fn` is
 * called exactly once: from the loop or, if the command cannot be sent, before this returns.
 */
void redis_connection_command(struct redis_connection *c, size_t n, const char **words,
    const size_t *lens, redis_reply_fn fn, void *arg);

/*
 * Like redis_connection_command, for a command that the caller writes itself: it must append the
 * whole command, with command.h, to the returned buffer before it does anything else. Returns
 * NULL if the command cannot be sent; `fn` has then been called. `urgent` is for heartbeats and
 * leases, which clients must not delay: such a command is sent even if up to twice
 * REDIS_IN_FLIGHT_MAX are in flight.
 */
struct buf *redis_connection_begin(
    struct redis_connection *c, bool urgent, redis_reply_fn fn, void *arg);

/* True while commands can be sent. */
bool redis_connection_ready(const struct redis_connection *c);

/* Why it is not ready, as a sentence: "connect: Connection refused"; "" while it is. Borrowed. */
const char *redis_connection_last_error(const struct redis_connection *c);

/*
 * The run id, new at every restart, of the Redis last connected to; "" before the first. Borrowed.
 */
const char *redis_connection_run_id(const struct redis_connection *c);

/* How many commands were sent and have no reply yet. */
size_t redis_connection_in_flight(const struct redis_connection *c);

#endif
