/*
 * Collects the arguments of one script call, from a request's path and query and from values of
 * our own. args_body.h adds those of a JSON body. The first failure sticks: nothing is added
 * after it, and call_script answers the request with it instead of calling the script.
 */
#ifndef API_ARGS_H
#define API_ARGS_H

#include "api/event_filter.h"
#include "api/shown.h"
#include "base/error.h"
#include "http/request.h"
#include "redis/script_args.h"

enum { ARGS_DIGEST_SIZE = 33 };

struct args {
	struct script_args script;
	struct event_filter filter; /* if `watched`: the events that may change what is asked for */
	struct watch watch;         /* if `watched`: what that is */
	bool watched;
	char body_digest[ARGS_DIGEST_SIZE]; /* of the body's fields; "" without a body */
	enum err failed;                    /* the first failure, or ERR_OK */
	char detail[512];                   /* of the failure: a sentence */
};

/* Starts the arguments of `id`. call_script frees them; so does script_args_fini of `script`. */
void args_begin(struct args *a, enum script_id id);

/* Notes a failure with its sentence, unless there is one already. */
void args_fail(struct args *a, enum err e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The following functions add argument `arg`, like script_args_add. These two add a value that is
 * our own, not the client's, and so is not checked.
 */
void args_text(struct args *a, size_t arg, const char *text);
void args_int(struct args *a, size_t arg, int64_t n);

/* Adds an id, called `name` in errors. */
void args_id(struct args *a, size_t arg, const char *id, const char *name);

/* Adds path parameter `i` (from 0), an id, called `name` in errors. */
void args_param(struct args *a, size_t arg, const struct request *rq, size_t i, const char *name);

/*
 * Adds the query parameter `name`; "" if it is absent. It must be one of `choices`
 * ("a|b|c") or, if `choices` is NULL, an id.
 */
void args_query(
    struct args *a, size_t arg, const struct request *rq, const char *name, const char *choices);

/*
 * Adds a query parameter that is a whole number from `least` to `most`; `otherwise` if it is
 * absent.
 */
void args_query_int(struct args *a, size_t arg, const struct request *rq, const char *name,
    int64_t least, int64_t most, const char *otherwise);

/* Adds a query parameter of at most `most` visible ASCII characters; "" if it is absent. */
void args_query_text(
    struct args *a, size_t arg, const struct request *rq, const char *name, size_t most);

/* True if `s` is one of `choices`, "a|b|c". */
bool args_is_choice(const char *s, const char *choices);

/*
 * Turns the arguments so far, the columns of a single item, into one argument (script_args_pack).
 * A value with a tab or a newline is a failure, INVALID_FIELD.
 */
void args_pack(struct args *a);

/*
 * Appends the arguments to `lines` as an item's line (script_args_add_line). Fails as args_pack
 * does.
 */
void args_add_line(struct args *a, struct buf *lines);

/* Sets argument `arg`, which has been added, to `text` if it is "". */
void args_default(struct args *a, size_t arg, const char *text);

/* The present value of argument `arg`; "" after a failure. Borrowed until the next change. */
const char *args_get(const struct args *a, size_t arg);

/* True if one of the arguments from `first` to `last` is not "". False after a failure. */
bool args_any(const struct args *a, size_t first, size_t last);

/*
 * Sets which events change what is asked for: their groups or types, "" for all, and the node or
 * agent that they must concern, "" for any. This allows the request to be a blocking query
 * (wait.h).
 */
void args_watch(struct args *a, const char *types, const char *node_id, const char *agent_id);

/* Says in addition what is asked for, so that of those events only the ones end the wait that change
 * what it shows. */
void args_watch_shown(struct args *a, struct watch watch);

/* Sets the digest of the body, by which two requests with the same Idempotency-Key are compared. */
void args_digest(struct args *a, const char *body, size_t len);

#endif
