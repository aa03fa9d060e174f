/*
 * The operations: each is one Lua script (lua/NAME.lua, bundled at build time) called by its
 * SHA-1, and by its text where Redis does not know it yet.
 */
#ifndef REDIS_SCRIPT_H
#define REDIS_SCRIPT_H

#include "base/buf.h"
#include "redis/connection.h"
#include "redis/stream_reader.h"
#include "scripts.h"

struct script_source {
	const char *name;
	const char *sha1; /* 40 hex digits */
	size_t len;
	const char *text;
};

extern const struct script_source script_sources[SCRIPT_COUNT];

enum { SCRIPT_ARGS_MAX = 16 };

/* The arguments of a call: KEYS[1] and ARGV. Owns its texts, which stand as they will be sent. */
struct script_args {
	enum script_id id;
	size_t count;
	bool urgent;   /* goes as redis_connection_begin says; false at first */
	bool coalesce; /* may go with others in one call, as coalesce.h says; false at first */
	bool single;   /* the first argument is one item, whose part of the reply is the answer */
	struct buf texts;
	struct {
		uint32_t at, len; /* in `texts`, where a NUL follows */
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
 * Appends the arguments to `lines` as the line of an item, with tabs between them; the last ones are left
 * out where they are empty.
 */
void script_args_add_line(const struct script_args *a, struct buf *lines);

/*
 * Replaces the arguments, which are those of one item, by the two that a script of many items begins with:
 * the items' lines, and "1" for all or nothing. The reply to the call is then that item's part.
 */
void script_args_pack(struct script_args *a);

/* Replaces argument `i`; `text` may be another one. */
void script_args_set(struct script_args *a, size_t i, const char *text, size_t len);

/*
 * Calls the script with `prefix` as KEYS[1]. Takes over the contents of `a`. `fn` is called
 * exactly once, as redis_connection_command says; ERR_OK means that `reply` is an array of at
 * least two elements, of which the first is a string, the outcome, and not "more": a script that
 * answers {"more"} is called again with the same arguments until it has done its work. One that
 * never ends so is given up as ERR_INTERNAL.
 *
 * A list, whose first arguments are limit and cursor, may answer {"page", "", cursor, row, …} where
 * there is more to look at: it is called again from there for the rows that are left, ten times at
 * the most, and `reply` has the rows of all calls and the last one's cursor.
 */
void script_call(struct redis_connection *c, const char *prefix, struct script_args *a,
    redis_reply_fn fn, void *arg);

/* The `i`th element of a reply as a string; "" where it is nil. NULL where there is none. */
const char *script_reply_text(const redisReply *reply, size_t i);

/*
 * Part `i` (from 0) of a row, which is a text with tabs between its parts; the last one where it has
 * fewer. Borrowed, and not ended by a NUL.
 */
const char *script_row_part(const redisReply *row, size_t i, size_t *len);

/* The same as a whole number from 0 on; 0 where it is none. */
int64_t script_row_int(const redisReply *row, size_t i);

/*
 * What a script that does many says of one: the reply of the script for one, {outcome, event, row}, as
 * one text with tabs between. `row` goes to the text's end and is borrowed; the others are cut to fit.
 */
struct script_item {
	char outcome[16];
	char event[STREAM_ID_SIZE];
	redisReply row; /* a string */
};

void script_item_read(struct script_item *to, const redisReply *item);

/* Answers with an item as if the script had been called for it alone: {outcome, event, row}, or its error. */
void script_item_answer(const redisReply *text, redis_reply_fn fn, void *arg);

#endif
