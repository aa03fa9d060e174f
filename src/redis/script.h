/*
 * The operations. Each is one Lua script, lua/NAME.lua, bundled at build time. It is called by its
 * SHA-1, and by its text where Redis does not know it yet.
 */
#ifndef REDIS_SCRIPT_H
#define REDIS_SCRIPT_H

#include "base/buf.h"
#include "redis/connection.h"
#include "redis/ids.h"
#include "redis/reply.h"
#include "scripts.h"

struct script_source {
	const char *name;
	const char *sha1; /* 40 hex digits */
	size_t len;
	const char *text;
};

extern const struct script_source script_sources[SCRIPT_COUNT];

enum { SCRIPT_ARGS_MAX = 16 };

/* The arguments of a call, ARGV. Owns their texts, which are kept in the form that is sent. */
struct script_args {
	enum script_id id;
	size_t count;
	bool urgent;   /* as redis_connection_begin has it; false at first */
	bool coalesce; /* may share a call with others, as in coalesce.h; false at first */
	bool single;   /* argument 0 is one item, whose part of the reply is the answer; false at first */
	struct buf texts;
	struct {
		uint32_t at, len; /* offset and length in `texts`; a NUL follows */
	} arg[SCRIPT_ARGS_MAX];
};

/* Starts an empty list of arguments for `id`. */
void script_args_init(struct script_args *a, enum script_id id);

/* Frees the arguments. */
void script_args_fini(struct script_args *a);

/* Appends one argument, copied. At most SCRIPT_ARGS_MAX. */
void script_args_add(struct script_args *a, const char *text, size_t len);
void script_args_add_str(struct script_args *a, const char *text);
void script_args_addf(struct script_args *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Argument `i` (from 0). Borrowed until the next change. */
const char *script_args_get(const struct script_args *a, size_t i);

/*
 * Appends the arguments to `lines` as the line of one item, with tabs between them. Empty ones at the end
 * are left out.
 */
void script_args_add_line(const struct script_args *a, struct buf *lines);

/*
 * Replaces the arguments, which are those of one item, by the two that a script of many items begins with:
 * the items' lines, and "1" for all or nothing. The answer to the call is then that item's part of the
 * reply.
 */
void script_args_pack(struct script_args *a);

/* Replaces argument `i`. `text` may be one of the arguments. */
void script_args_set(struct script_args *a, size_t i, const char *text, size_t len);

/*
 * Calls the script with `prefix` as KEYS[1]. Takes over the contents of `a`. `fn` is called exactly
 * once, as described at redis_reply_fn; with ERR_OK `reply` is an array of at least two members, of
 * which the first is a text, the outcome.
 *
 * A script that answers {"more"} has not done all its work: it is called again with the same
 * arguments until it gives another answer. One that never does is given up with ERR_INTERNAL.
 *
 * A list, whose first arguments are limit and cursor, answers {"page", "", cursor, row, …} where it
 * has stopped early. It is called again from there for the remaining rows, at most ten times, and
 * `reply` has the rows of all calls and the last cursor.
 */
void script_call(struct redis_connection *c, const char *prefix, struct script_args *a,
    redis_reply_fn fn, void *arg);

/* Member `i` of a reply as a string; "" where it is nil. NULL where there is none. Borrowed. */
const char *script_reply_text(const struct reply *reply, size_t i);

/*
 * Part `i` (from 0) of a row, which is a text with tabs between its parts; the last part where
 * there are fewer. `*len` is its length: no NUL follows. Borrowed.
 */
const char *script_row_part(const struct reply *row, size_t i, size_t *len);

/* Part `i` of a row as a whole number, at least 0; 0 where it is none. */
int64_t script_row_int(const struct reply *row, size_t i);

/* One item of the reply of a script of many items: outcome, event and row, with tabs between them. */
struct script_item {
	char outcome[16];           /* cut to fit */
	char event[STREAM_ID_SIZE]; /* cut to fit */
	struct reply row;           /* the rest of the text; borrowed from the item */
};

void script_item_read(struct script_item *to, const struct reply *item);

/* Calls `fn` with an item of a reply as a reply {outcome, event, row}, or with its error. */
void script_item_answer(const struct reply *text, redis_reply_fn fn, void *arg);

#endif
