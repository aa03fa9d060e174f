/*
 * From a request to a script's arguments: a table of fields describes a JSON body; each field
 * becomes one argument, "" where it is absent. The first failure sticks, and call_script then
 * answers with it instead of calling.
 */
#ifndef API_ARGS_H
#define API_ARGS_H

#include "api/feed.h"
#include "base/buf.h"
#include "http/request.h"
#include "redis/script.h"

enum in_kind {
	IN_ID,      /* an id */
	IN_ID_OPT,  /* an id or "" */
	IN_TEXT,    /* a string of 1 to `most` bytes without control characters */
	IN_ADDRESS, /* an IPv4 or IPv6 address */
	IN_INT,     /* a whole number from `least` to `most` */
	IN_REAL,    /* a number from `least` to `most` */
	IN_BOOL,    /* true or false, as "1" or "0" */
	IN_CHOICE,  /* one of `choices`, which is "a|b|c" */
	IN_IDS,     /* an array of at most `most` ids, as a list without repeats, order kept */
	IN_LABELS,  /* an object of at most `most` ids to strings of at most 256 bytes, as JSON */
	IN_STRINGS  /* an object of strings, as JSON of at most `most` bytes */
};

struct in_field {
	const char *name;
	enum in_kind kind;
	double least, most;
	const char *choices;
	bool required;
};

/* A script's arguments in the making. */
struct args {
	struct script_args script;
	struct event_filter watch; /* the events that change what is asked for, where `watched` */
	bool watched;
	char body_digest[33]; /* of the body's fields as they were sent; "" where there was none */
	enum err failed;      /* ERR_OK so far */
	char detail[512];
};

/* Starts the arguments of `id`. */
void args_begin(struct args *a, enum script_id id);

/* Notes a failure, unless there is one already. */
void args_fail(struct args *a, enum err e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends the fields of the JSON body in the table's order; an empty body is an empty object. */
void args_body(struct args *a, const struct request *rq, const struct in_field *fields, size_t n);

/*
 * Appends the fields of an object that stands within a body, in the table's order; a failure names
 * them behind `where`.
 */
struct json_t;
void args_object(struct args *a, struct json_t *object, const struct in_field *fields, size_t n,
    const char *where);

/* Says what tells the body from another one that is sent with the same key. */
void args_digest(struct args *a, const char *body, size_t len);

/* Appends an id, called `name` in errors. */
void args_id(struct args *a, const char *id, const char *name);

/* Appends the `i`th path parameter, an id, called `name` in errors. */
void args_param(struct args *a, const struct request *rq, size_t i, const char *name);

/* Appends a query parameter checked as an id, or as one of `choices` where that is not NULL. */
void args_query(struct args *a, const struct request *rq, const char *name, const char *choices);

/* Appends a query parameter that is a whole number from least to most; `otherwise` if absent. */
void args_query_int(struct args *a, const struct request *rq, const char *name, int64_t least,
    int64_t most, const char *otherwise);

/* Appends a query parameter of at most `most` visible ASCII characters; "" where it is absent. */
void args_query_text(struct args *a, const struct request *rq, const char *name, size_t most);

/*
 * Says which events change what is asked for: their groups or types, "" for all, and the node or
 * agent that they must concern, "" for any. The query may then be a blocking one.
 */
void args_watch(struct args *a, const char *types, const char *node_id, const char *agent_id);

/* Appends text, or a whole number, of our own. */
void args_text(struct args *a, const char *text);
void args_int(struct args *a, int64_t n);

/* Replaces argument `i` (from 0) where it is "". */
void args_default(struct args *a, size_t i, const char *text);

/* The argument `i` as it stands; "" after a failure. Borrowed. */
const char *args_get(const struct args *a, size_t i);

typedef void (*script_done_fn)(struct request *rq, const redisReply *reply);

/*
 * Calls the script and then `done` with its reply, which replies to the request; after a
 * failure, here, of Redis or of the script, replies with that instead. Consumes the request and
 * frees `a`.
 */
void call_script(struct request *rq, struct args *a, script_done_fn done);

/*
 * Appends what lib/idempotency.lua wants, where the client gave a key with a request that changes
 * something: key, request, keep_ms. A request that takes several calls gives each a `part` of its
 * own, the first 0.
 */
void call_add_idempotency(struct args *a, const struct request *rq, size_t part);

/*
 * Goes on with `done` once the changes that calls for this request have made are as durable as the
 * configuration wants them, and the reply says so. `index` is the last one's event, or ""; `run_id`
 * the Redis that carried out the first of them.
 */
void call_changed(
    struct request *rq, const char *index, const char *run_id, void (*done)(void *arg), void *arg);

/* Writes what a script raised ("WORD detail"), the error `e`, as a problem document under `key`. */
void call_write_raised(struct buf *b, const char *key, enum err e, const char *raised);

/* Replies to a request whose script call failed, as call_script does. Consumes the request. */
void call_reply_failure(struct request *rq, enum err e, const redisReply *r);

#endif
