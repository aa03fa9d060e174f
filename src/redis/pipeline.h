/*
 * The commands of one connection, in order: those that are to be sent, and those that were sent and
 * have no reply yet. Each is answered exactly once. Knows no socket.
 */
#ifndef REDIS_PIPELINE_H
#define REDIS_PIPELINE_H

#include "base/buf.h"
#include "base/error.h"
#include "redis/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PIPELINE_MAX = 8192 }; /* commands without a reply */

/*
 * The answer to a command. With ERR_OK, `reply` is Redis' reply, which is not an error. With any
 * other value, `reply` is the error that Redis replied, or NULL. It is borrowed for the call. Some
 * errors:
 * OVERLOADED        too many commands are in flight; the command was not sent
 * STORE_UNAVAILABLE there is no connection, and the command was not sent; or Redis refused it, for
 *                   one of the reasons in redis_errors.def
 * OUTCOME_UNKNOWN   the command was sent, but no reply came before the timeout or before the
 *                   connection was lost
 */
typedef void (*redis_reply_fn)(void *arg, enum err e, const struct reply *reply);

/* A command without a reply. */
struct pipeline_command {
	redis_reply_fn fn;
	void *arg;
	int64_t deadline; /* monotonic ms */
};

/* All zero is an empty pipeline. */
struct pipeline {
	struct buf out; /* the bytes that are to be sent */
	struct pipeline_command commands[PIPELINE_MAX];
	size_t head, tail; /* how many were answered, and added, so far */
};

/*
 * Adds a command, which the caller must write to the end of the buffer that is returned, with
 * command.h. `fn` will be called exactly once. There must be fewer than PIPELINE_MAX in flight.
 */
struct buf *pipeline_add(struct pipeline *p, int timeout_ms, redis_reply_fn fn, void *arg);

/* How many commands have no reply yet. */
static inline size_t
pipeline_in_flight(const struct pipeline *p)
{
	return p->tail - p->head;
}

/* True if the reply to the oldest command is overdue. */
bool pipeline_is_late(const struct pipeline *p);

/*
 * Answers the oldest command, which there must be, with a reply from Redis. Returns true if the
 * reply is an error after which the connection is of no more use.
 */
bool pipeline_answer(struct pipeline *p, const struct reply *r) MUST_CHECK;

/*
 * Answers every command, the oldest first, with `e` and no reply. Discards bytes that were not
 * sent.
 */
void pipeline_fail(struct pipeline *p, enum err e);

#endif
