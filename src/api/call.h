/*
 * The way from a handler to its script and back. Sends the arguments that the handler has
 * prepared, waits for replicas if the configuration wants that, and answers every failure.
 */
#ifndef API_CALL_H
#define API_CALL_H

#include "api/args.h"
#include "redis/script.h"

/* The script has succeeded: replies to the request. `reply` is borrowed. */
typedef void (*script_done_fn)(struct request *rq, const struct script_reply *reply);

/*
 * Calls the script and then `done` with its reply. After a failure, of the arguments, of Redis or
 * of the script, replies with that instead. Consumes the request and frees `a`.
 */
void call_script(struct request *rq, struct args *a, script_done_fn done);

/*
 * Adds the IDEMPOTENCY_ARG_… arguments if the client has sent a key with a POST and the script
 * takes them. A request that makes several calls gives each another `part`, the first one 0.
 * Returns the key of this call, borrowed from `a`; NULL if none was added.
 */
const char *call_add_idempotency(struct args *a, const struct request *rq, size_t part);

/*
 * Calls `done(arg)` once the changes that several calls for this request have made are on as many
 * replicas as the configuration wants, and says in the reply on how many. `index` is the event of the
 * last change, or ""; `run_id` is the Redis that carried out the first call.
 */
void call_changed(
    struct request *rq, const char *index, const char *run_id, void (*done)(void *arg), void *arg);

/*
 * Writes an error `e` that a script raised, with the text "WORD detail", as a problem document
 * under `key`.
 */
void call_write_raised(struct buf *b, const char *key, enum err e, const char *raised);

/*
 * Replies to a request whose script call failed with `e`, as call_script does. `error` is as
 * struct script_reply has it. Consumes the request.
 */
void call_reply_failure(struct request *rq, enum err e, const char *error);

#endif
