/*
 * The arguments of one script call in the making, from a request's path and query and from our own
 * values. The first failure sticks: nothing is appended after it, and call_script answers the
 * request with it instead of calling the script. args_body.h appends what a JSON body holds.
 */
#ifndef API_ARGS_H
#define API_ARGS_H

#include "api/event_filter.h"
#include "base/error.h"
#include "http/request.h"
#include "redis/script_args.h"

enum { ARGS_DIGEST_SIZE = 33 };

struct args {
	struct script_args script;
	struct event_filter watch; /* where `watched`: the events that change what is asked for */
	bool watched;
	char body_digest
	    [ARGS_DIGEST_SIZE]; /* of the body's fields as sent; "" where there is none */
	enum err failed;        /* ERR_OK so far */
	char detail[512];       /* of the failure: a sentence */
};

/* Starts the arguments of `id`. call_script frees them; so does script_args_fini of `script`. */
void args_begin(struct args *a, enum script_id id);

/* Notes a failure with its sentence, unless there is one already. */
void args_fail(struct args *a, enum err e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Each of the following adds argument `arg`, as script_args_add has it. A text, or a whole number, that
 * the client has not sent:
 */
void args_text(struct args *a, size_t arg, const char *text);
void args_int(struct args *a, size_t arg, int64_t n);

/* An id, called `name` in errors. */
void args_id(struct args *a, size_t arg, const char *id, const char *name);

/* The path parameter `i` (from 0), an id, called `name` in errors. */
void args_param(struct args *a, size_t arg, const struct request *rq, size_t i, const char *name);

/*
 * The query parameter `name`, which must be an id or, where `choices` ("a|b|c") is not NULL, one of
 * these; "" where it is absent.
 */
void args_query(
    struct args *a, size_t arg, const struct request *rq, const char *name, const char *choices);

/* A query parameter that is a whole number from least to most; `otherwise` if absent. */
void args_query_int(struct args *a, size_t arg, const struct request *rq, const char *name,
    int64_t least, int64_t most, const char *otherwise);

/* A query parameter of at most `most` visible ASCII characters; "" where it is absent. */
void args_query_text(
    struct args *a, size_t arg, const struct request *rq, const char *name, size_t most);

/* True if `s` is one of `choices`, "a|b|c". */
bool args_is_choice(const char *s, const char *choices);

/*
 * Makes the arguments so far those of a single item, as script_args_pack does. A value that no item can
 * hold is a failure, INVALID_FIELD.
 */
void args_pack(struct args *a);

/* Appends the arguments to `lines` as an item's line, as script_args_add_line does; fails likewise. */
void args_add_line(struct args *a, struct buf *lines);

/* Replaces argument `arg` where it is "". */
void args_default(struct args *a, size_t arg, const char *text);

/* Argument `arg` as it stands; "" after a failure. Borrowed. */
const char *args_get(const struct args *a, size_t arg);

/*
 * Says which events change what is asked for: their groups or types, "" for all, and the node or
 * agent that they must concern, "" for any. The request may then be a blocking query (wait.h).
 */
void args_watch(struct args *a, const char *types, const char *node_id, const char *agent_id);

/* Sets the digest that tells a body apart from another one sent with the same Idempotency-Key. */
void args_digest(struct args *a, const char *body, size_t len);

#endif
