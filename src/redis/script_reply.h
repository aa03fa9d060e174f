/*
 * A script's reply: {outcome, event, row, row, …}, or {outcome, event, item, item, …}. It is
 * decoded once, into rows. The columns of each kind of row are declared in lua/lib/rows;
 * scripts.h has a constant for each.
 */
#ifndef REDIS_SCRIPT_REPLY_H
#define REDIS_SCRIPT_REPLY_H

#include "base/arena.h"
#include "base/error.h"
#include "redis/reply.h"
#include "redis/script_source.h"
#include "redis/stream_entry.h"

#include <assert.h>
#include <stdint.h>

enum outcome {
#define OUTCOME(name, word) OUTCOME_##name,
#include "redis/outcomes.def"
#undef OUTCOME
	OUTCOME_COUNT /* the number of outcomes; stands for a word that is none of them */
};

/* The value in one column. A NUL follows. */
struct script_cell {
	const char *text;
	size_t len;
};

struct script_row {
	const struct script_cell *cells;
	size_t n;
};

struct script_reply {
	enum outcome outcome;
	const char *event; /* the id of the last event that the call has written, or "" */
	/* The first row of a reply that declares one, or the row of an item; `n` is 0 for none. */
	struct script_row head;
	/* The further rows, or the items, which script_item_read reads. */
	const struct script_row *rows;
	size_t n_rows;
	/* Entries of the event stream, which follow the rows. */
	const struct stream_entry *entries;
	size_t n_entries;
	/* After a failure, "WORD detail" if Redis or the script sent an error, else NULL. */
	const char *error;
};

/* The value in a column of the row's kind, such as NODE_ROW_ID. Borrowed. */
static inline const char *
script_row_text(const struct script_row *row, size_t column)
{
	assert(column < row->n);
	return row->cells[column].text;
}

/* The length of that value in bytes. */
static inline size_t
script_row_len(const struct script_row *row, size_t column)
{
	assert(column < row->n);
	return row->cells[column].len;
}

/* The value as a whole number; 0 if it is not a number. */
int64_t script_row_int(const struct script_row *row, size_t column);

/* The value as a number; 0 if it is not a number. */
double script_row_number(const struct script_row *row, size_t column);

/* The `n` columns of the row from `column` on: a row of another kind that this one includes. */
static inline struct script_row
script_row_part(const struct script_row *row, size_t column, size_t n)
{
	assert(column + n <= row->n);
	return (struct script_row){ .cells = row->cells + column, .n = n };
}

/*
 * Decodes a reply of the script `id`. The texts are split in place, so `from` must live as long
 * as `to`, and cannot be read again; everything else is in `arena`. With OUTCOME_MORE, nothing
 * but the outcome is set. Returns false, and logs that, if the reply does not have the form that
 * the script declares. An item with a wrong number of columns is logged, and only that item
 * fails.
 */
bool script_reply_read(struct script_reply *to, const struct reply *from, enum script_id id,
    struct arena *arena) MUST_CHECK;

/* Copies a successful reply without entries into `arena`. The copy does not need the original. */
void script_reply_copy(
    struct script_reply *to, const struct script_reply *from, struct arena *arena);

/* One item of a reply, in the form of a reply to a call for that item alone. */
struct script_item {
	enum err e;                /* ERR_OK, or the item's error, whose text is in `reply.error` */
	struct script_reply reply; /* borrowed from the row */
};

/* Reads the item in a row of a reply. `to->e` is ERR_INTERNAL if the item was malformed. */
void script_item_read(struct script_item *to, const struct script_row *row);

#endif
