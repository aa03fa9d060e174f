/* Calls scripts by their SHA-1, and by their text where Redis does not know it yet. */
#ifndef REDIS_SCRIPT_H
#define REDIS_SCRIPT_H

#include "redis/connection.h"
#include "redis/script_args.h"
#include "redis/script_reply.h"

/*
 * The answer to a call. With ERR_OK, `reply` is what the script replied. Otherwise only `reply->error` is
 * of use; the errors are those of redis_reply_fn, and those that scripts raise. `reply` is never NULL. It
 * is borrowed for the call.
 */
typedef void (*script_fn)(void *arg, enum err e, const struct script_reply *reply);

/*
 * Calls the script with `prefix` as KEYS[1]. Takes over the contents of `a`, which must have all arguments
 * but for those of IDEMPOTENCY_ARG. `fn` is called exactly once.
 *
 * A script that answers {"more"} has not done all its work: it is called again with the same
 * arguments until it gives another answer. One that never does is given up with ERR_INTERNAL.
 *
 * A list answers "page" where it has stopped early. It is called again from its cursor for the remaining
 * rows, at most ten times, and `reply` has the rows of all calls and the last cursor.
 */
void script_call(
    struct redis_connection *c, const char *prefix, struct script_args *a, script_fn fn, void *arg);

/* Answers a call that was not made, or that failed before it was. `error` as in struct script_reply. */
void script_fail(script_fn fn, void *arg, enum err e, const char *error);

#endif
