/*
 * One pipelined connection to Redis on one event loop. It finds the master, connects, keeps itself connected
 * and answers every command exactly once; it knows nothing of scripts or of what is stored.
 */
#ifndef REDIS_CONNECTION_H
#define REDIS_CONNECTION_H

#include "base/buf.h"
#include "base/error.h"
#include "redis/url.h"

#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

enum { REDIS_IN_FLIGHT_MAX = 4096, REDIS_RUN_ID_SIZE = 41 };

struct redis_connection;

/*
 * The answer to a command. ERR_OK: `reply` is Redis' reply, borrowed for the call, and no error.
 * Else `reply` is NULL, or Redis' error where there is one. Also:
 * OVERLOADED        too many commands are in flight; not sent
 * STORE_UNAVAILABLE not connected: not sent; or Redis refuses (fates.def)
 * OUTCOME_UNKNOWN   the command was sent, and no reply came within the timeout or before the
 *                   connection was lost
 */
typedef void (*redis_reply_fn)(void *arg, enum err e, const redisReply *reply);

/* Called each time a connection has become ready for commands. */
typedef void (*redis_ready_fn)(void *arg);

struct redis_options {
	struct redis_url url;   /* borrowed for the connection's life */
	const char *name;       /* for CLIENT SETNAME */
	int connect_timeout_ms; /* from the first SYN to the last reply of the handshake */
	int command_timeout_ms;
	int backoff_max_ms; /* between attempts: uniformly random up to a doubling bound */
};

/*
 * Starts connecting at once, and again after every loss, for ever. `options` is copied but for
 * what it points to. `ready` may be NULL. Never NULL; free it with redis_connection_free.
 */
struct redis_connection *redis_connection_new(struct event_base *base,
    const struct redis_options *options, redis_ready_fn ready, void *ready_arg);

/* Closes the connection. Commands in flight are answered first: OUTCOME_UNKNOWN. */
void redis_connection_free(struct redis_connection *c);

/*
 * Sends one command of `argc` arguments, `lens` their lengths in bytes. `fn` is called exactly
 * once, from the loop or, where the command cannot be sent, before this returns.
 */
void redis_connection_command(struct redis_connection *c, int argc, const char **argv,
    const size_t *lens, redis_reply_fn fn, void *arg);

/*
 * The same for a command that the caller writes himself, at once and whole, with resp.h, to the end
 * of what is returned. NULL where it cannot be sent: `fn` has been called. What is `urgent` must not
 * wait behind clients, as heartbeats and leases: it passes the limit of commands in flight, of which
 * there are never more than twice as many.
 */
struct buf *redis_connection_begin(
    struct redis_connection *c, bool urgent, redis_reply_fn fn, void *arg);

/* True while commands can be sent. */
bool redis_connection_ready(const struct redis_connection *c);

/* Why it is not ready, one sentence: "connect: Connection refused". Borrowed. */
const char *redis_connection_trouble(const struct redis_connection *c);

/* The run id of the Redis that it last talked to, which changes with every restart; "" at first. */
const char *redis_connection_run_id(const struct redis_connection *c);

/* Commands that were sent and not answered yet. */
size_t redis_connection_in_flight(const struct redis_connection *c);

#endif
