/*
 * From a script's reply row to a JSON object: a table says, in the row's order, what each element
 * is called and how it is written.
 */
#ifndef API_OUTPUT_H
#define API_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"
#include "redis/reply.h"

enum out_kind {
	OUT_TEXT,   /* a string */
	OUT_NULL,   /* a string, or null where it is empty */
	OUT_NUMBER, /* a number as the script wrote it; null where it is empty */
	OUT_BOOL,   /* "1" or "0" */
	OUT_IDS,    /* a comma-separated list, as an array */
	OUT_JSON,   /* an object kept as JSON; {} where it is empty */
	OUT_TIME,   /* milliseconds since 1970, as RFC 3339; null where it is empty */
	OUT_OBJECT  /* no element of its own: an object of the `members` fields that follow;
	             * null where the first of them is empty */
};

struct out_field {
	const char *name;
	enum out_kind kind;
	size_t members; /* of an OUT_OBJECT */
};

/*
 * Writes elements `from`, `from`+1, … of the row as the table's fields into an object that is
 * open in `b`. Elements that the row lacks are written as if empty.
 */
void output_fields(
    struct buf *b, const struct reply *row, size_t from, const struct out_field *fields, size_t n);

/* Writes the parts of one text, a tab between them, as the table's fields into an object that is open. */
void output_text(struct buf *b, const struct reply *text, const struct out_field *fields, size_t n);

/*
 * Writes a whole row as an object under `key` (NULL in an array or at the top): an array, or one text
 * with tabs between the elements.
 */
void output_row(struct buf *b, const char *key, const struct reply *row,
    const struct out_field *fields, size_t n);

/*
 * Writes the rows of a list reply {outcome, index, cursor, …, row, row, …}, from element `from`
 * on, as "<key>":[…],"count":N,"next_cursor":… into an object that is open in `b`.
 */
void output_rows(struct buf *b, const char *key, const struct reply *reply, size_t from,
    const struct out_field *fields, size_t n);

/* Writes a list reply {outcome, index, cursor, row, row, …} as an object of no more than that. */
void output_list(struct buf *b, const char *key, const struct reply *reply,
    const struct out_field *fields, size_t n);

#endif
