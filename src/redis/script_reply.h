/*
 * What a script replies: {outcome, event, row, row, …}, or {outcome, event, item, item, …}. It is decoded
 * once, into rows whose columns have the names that lua/lib/rows declares and scripts.h repeats.
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
	OUTCOME_COUNT /* a word that has no row in outcomes.def */
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
	const char *event;      /* the id of the last event that the call has written, or "" */
	struct script_row head; /* the first row, or the row of an item; none where `n` is 0 */
	const struct script_row *rows; /* the further rows, or the items, for script_item_read */
	size_t n_rows;
	const struct stream_entry *entries; /* of the event stream, after the rows */
	size_t n_entries;
	const char
	    *error; /* after a failure, "WORD detail" if Redis or the script sent one, else NULL */
};

/* The value in a column of the row's kind, such as NODE_ROW_ID. Borrowed. */
static inline const char *
script_row_text(const struct script_row *row, size_t column)
{
	assert(column < row->n);
	return row->cells[column].text;
}

static inline size_t
script_row_len(const struct script_row *row, size_t column)
{
	assert(column < row->n);
	return row->cells[column].len;
}

/* The value as a whole number; 0 where it is none. */
int64_t script_row_int(const struct script_row *row, size_t column);

/* The value as a number; 0 where it is none. */
double script_row_number(const struct script_row *row, size_t column);

/* `n` columns of the row, from `column` on: another row that was included in this one. */
static inline struct script_row
script_row_part(const struct script_row *row, size_t column, size_t n)
{
	assert(column + n <= row->n);
	return (struct script_row){ .cells = row->cells + column, .n = n };
}

/*
 * Decodes what the script `id` has replied. The texts stay where they are and are split there, so `from`
 * is of no other use afterwards; all else is in `arena`. Of an outcome OUTCOME_MORE nothing else is read.
 * False, with a line in the log, where the reply has not the form that the script declares. An item that
 * has another number of columns is logged and fails alone.
 */
bool script_reply_read(struct script_reply *to, const struct reply *from, enum script_id id,
    struct arena *arena) MUST_CHECK;

/* Copies a reply without entries into `arena`; the copy does not need the original. */
void script_reply_copy(
    struct script_reply *to, const struct script_reply *from, struct arena *arena);

/* One item of a reply: as the reply to a call for that item alone. Borrowed from that reply. */
struct script_item {
	enum err e; /* of an item that failed, its error, whose text is in `reply.error` */
	struct script_reply reply;
};

void script_item_read(struct script_item *to, const struct script_row *row);

#endif
