/*
 * Writes a row of a script's reply as a JSON object. A table says which column each member comes
 * from, what it is called and how it is written.
 */
#ifndef API_OUTPUT_H
#define API_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"
#include "redis/script_reply.h"

enum out_kind {
	OUT_TEXT,   /* a string */
	OUT_NULL,   /* a string; null if it is empty */
	OUT_NUMBER, /* a number, as the script wrote it; null if it is empty */
	OUT_BOOL,   /* "1" or "0", as true or false */
	OUT_IDS,    /* a list with commas, as an array */
	OUT_JSON,   /* an object that is stored as JSON; {} if it is empty */
	OUT_LABELS, /* pairs with values of text (base/pairs.h), as an object */
	OUT_COUNTS, /* pairs with values that are numbers, as an object */
	OUT_SHARES, /* name=allocated/total,… as an object of {"allocated","total"} */
	OUT_TERMS,  /* requirements (terms.h), each as a member of its own name */
	OUT_TIME,   /* milliseconds since 1970, as RFC 3339; null if it is empty */
	OUT_OBJECT  /* an object of the `members` fields that follow; null if its column is empty */
};

struct out_field {
	const char *name;
	size_t column; /* of the row, such as NODE_ROW_ID */
	enum out_kind kind;
	size_t members; /* of an OUT_OBJECT */
	bool optional;  /* left out if its column is empty */
};

/* Writes the row as the table's fields into an object that is open in `b`. */
void output_fields(
    struct buf *b, const struct script_row *row, const struct out_field *fields, size_t n);

/* Writes a row as an object under `key` (NULL in an array or at the top). */
void output_row(struct buf *b, const char *key, const struct script_row *row,
    const struct out_field *fields, size_t n);

/*
 * Writes the further rows of a reply as "<key>":[…],"count":N,"next_cursor":… into an object that is open
 * in `b`. `cursor` is the column of the reply's head with the cursor.
 */
void output_rows(struct buf *b, const char *key, const struct script_reply *reply, size_t cursor,
    const struct out_field *fields, size_t n);

/* Writes a page of a list as a whole object. */
void output_list(struct buf *b, const char *key, const struct script_reply *reply,
    const struct out_field *fields, size_t n);

#endif
