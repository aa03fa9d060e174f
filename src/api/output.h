/*
 * From a row of a script's reply to a JSON object: a table says, in the order of the row, what each
 * element is called and how it is written.
 */
#ifndef API_OUTPUT_H
#define API_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"
#include "redis/reply.h"

enum out_kind {
	OUT_TEXT,   /* a string */
	OUT_NULL,   /* a string; null if it is empty */
	OUT_NUMBER, /* a number, as the script wrote it; null if it is empty */
	OUT_BOOL,   /* "1" or "0", as true or false */
	OUT_IDS,    /* a list with commas, as an array */
	OUT_JSON,   /* an object that is stored as JSON; {} if it is empty */
	OUT_TIME,   /* milliseconds since 1970, as RFC 3339; null if it is empty */
	OUT_OBJECT  /* has no element of its own: an object of the `members` fields that follow;
	             * null if the first of them is empty */
};

struct out_field {
	const char *name;
	enum out_kind kind;
	size_t members; /* of an OUT_OBJECT */
};

/*
 * Writes the elements of the row, starting with number `from`, as the table's fields into an object
 * that is open in `b`. Missing elements are like empty ones.
 */
void output_fields(
    struct buf *b, const struct reply *row, size_t from, const struct out_field *fields, size_t n);

/* Writes the parts of a text, which tabs separate, as the table's fields into an open object. */
void output_text(struct buf *b, const struct reply *text, const struct out_field *fields, size_t n);

/*
 * Writes a row as an object under `key` (NULL in an array or at the top). The row is an array, or one
 * text whose parts are separated by tabs.
 */
void output_row(struct buf *b, const char *key, const struct reply *row,
    const struct out_field *fields, size_t n);

/*
 * Writes the rows of a list reply {outcome, index, cursor, …, row, row, …}, which start at element
 * `from`, as "<key>":[…],"count":N,"next_cursor":… into an object that is open in `b`.
 */
void output_rows(struct buf *b, const char *key, const struct reply *reply, size_t from,
    const struct out_field *fields, size_t n);

/* Writes a list reply {outcome, index, cursor, row, row, …} as a whole object. */
void output_list(struct buf *b, const char *key, const struct reply *reply,
    const struct out_field *fields, size_t n);

#endif
