/* Calls scripts by their SHA-1, or by their text if Redis does not know it yet. */
#ifndef REDIS_SCRIPT_H
#define REDIS_SCRIPT_H

#include "redis/connection.h"
#include "redis/script_args.h"
#include "redis/script_reply.h"

/*
 * The answer to a call. With ERR_OK, `reply` is the script's reply. With any other value, only
 * `reply->error` is set; the errors are those of redis_reply_fn and those that scripts raise.
 * `reply` is never NULL. It is borrowed for the call.
 */
typedef void (*script_fn)(void *arg, enum err e, const struct script_reply *reply);

/*
 * Calls the script with `prefix` as KEYS[1]. Takes over the contents of `a`, which must have all
 * of the script's arguments; only the IDEMPOTENCY_ARG_… arguments may be left out. `fn` is called
 * exactly once: from the loop or, if the command cannot be sent, before this returns.
 *
 * A script that replies {"more"} has not completed its work. It is called again with the same
 * arguments until it gives another reply, at most 100,000 times; then the call fails with
 * ERR_INTERNAL.
 *
 * A list that replies {"page", …} has ended before its limit. It is called again from its cursor
 * for the remaining rows, at most ten times in all. `reply` has the rows of all calls and the
 * last cursor.
 */
void script_call(
    struct redis_connection *c, const char *prefix, struct script_args *a, script_fn fn, void *arg);

/* Calls `fn` for a call that could not be made. `error` is as in struct script_reply. */
void script_fail(script_fn fn, void *arg, enum err e, const char *error);

#endif
