/* Replies of scripts. Invariant: a row that was decoded has as many cells as its kind has columns. */
#include "redis/script_reply.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* The members of a reply: the outcome, the event, and then rows, items and entries. */
enum { REPLY_OUTCOME, REPLY_EVENT, REPLY_ROWS };

static enum outcome
outcome_of(const char *text)
{
	static const char *const words[] = {
#define OUTCOME(name, word) word,
#include "redis/outcomes.def"
#undef OUTCOME
	};
	size_t i;

	for (i = 0; i < OUTCOME_COUNT && strcmp(text, words[i]) != 0; i++)
		continue;
	return (enum outcome)i;
}

/*
 * Splits a text in place into at most `most` cells. Returns the number of cells; `most` + 1 if it
 * has more.
 */
static size_t
split(struct script_cell *cells, size_t most, char *text, size_t len)
{
	char *end = text + len, *tab;
	size_t n = 0;

	do {
		if (n == most)
			return most + 1;
		/* Many cells are empty; a NUL is at the end. */
		tab = *text == '\t' ? text : memchr(text, '\t', (size_t)(end - text));
		cells[n].text = text;
		cells[n++].len = (size_t)((tab != NULL ? tab : end) - text);
		if (tab != NULL) {
			*tab = '\0';
			text = tab + 1;
		}
	} while (tab != NULL);
	return n;
}

/* Reads a row. `cells` has room for `columns` cells. Returns false if the row has another number. */
static bool
read_row(
    struct script_row *row, struct script_cell *cells, size_t columns, const struct reply *from)
{
	row->cells = cells;
	row->n = split(cells, columns, from->text, from->len);
	return row->n == columns;
}

/* Reads an item. One that has neither its own columns nor those of a failure gets none. */
static void
read_item(struct script_row *row, struct script_cell *cells, size_t columns,
    const struct reply *from, const char *script)
{
	if (read_row(row, cells, columns, from) ||
	    (row->n == ITEM_ROW_COUNT &&
	        outcome_of(cells[ITEM_ROW_OUTCOME].text) == OUTCOME_FAILED))
		return;
	log_error("script", "%s: an item of a reply has not %zu columns", script, columns);
	row->n = 0;
}

/* Reads the `n` members of a reply that are rows or items. */
static bool
read_rows(struct script_reply *to, const struct reply *members, size_t n,
    const struct script_source *s, struct arena *arena)
{
	size_t columns = s->row_columns, i = 0;
	struct script_row *rows;
	struct script_cell *cells;

	if (s->n_item_columns > 0)
		columns = ITEM_ROW_REST + (columns > 0 ? columns : 1);
	if (n < (s->head_columns > 0) || (columns == 0 && n > (s->head_columns > 0)))
		return false;
	cells = arena_take(arena, (s->head_columns + n * columns) * sizeof(*cells));
	if (s->head_columns > 0) {
		if (!read_row(&to->head, cells, s->head_columns, members))
			return false;
		cells += s->head_columns;
		i++;
	}
	to->n_rows = n - i;
	if (to->n_rows == 0)
		return true;
	rows = arena_take(arena, to->n_rows * sizeof(*rows));
	to->rows = rows;
	for (; i < n; i++, rows++, cells += columns)
		if (s->n_item_columns > 0)
			read_item(rows, cells, columns, &members[i], s->name);
		else if (!read_row(rows, cells, columns, &members[i]))
			return false;
	return true;
}

static bool
read_entries(struct script_reply *to, const struct reply *members, size_t n, struct arena *arena)
{
	struct stream_entry *entries;
	size_t i;

	if (n == 0)
		return true;
	entries = arena_take(arena, n * sizeof(*entries));
	to->entries = entries;
	to->n_entries = n;
	for (i = 0; i < n; i++)
		if (!stream_entry_read(&entries[i], &members[i], arena))
			return false;
	return true;
}

static bool
read_all(struct script_reply *to, const struct reply *from, enum script_id id, struct arena *arena)
{
	const struct reply *members = from->members;
	size_t n = REPLY_ROWS;

	*to = (struct script_reply){ .outcome = OUTCOME_COUNT, .event = "" };
	if (from->n_members > REPLY_OUTCOME && members[REPLY_OUTCOME].kind == REPLY_TEXT)
		to->outcome = outcome_of(members[REPLY_OUTCOME].text);
	if (to->outcome == OUTCOME_MORE)
		return true;
	if (to->outcome == OUTCOME_COUNT || from->n_members < REPLY_ROWS ||
	    members[REPLY_EVENT].kind != REPLY_TEXT)
		return false;
	to->event = members[REPLY_EVENT].text;
	while (n < from->n_members && members[n].kind == REPLY_TEXT)
		n++;
	return read_rows(to, &members[REPLY_ROWS], n - REPLY_ROWS, &script_sources[id], arena) &&
	    read_entries(to, &members[n], from->n_members - n, arena);
}

bool
script_reply_read(
    struct script_reply *to, const struct reply *from, enum script_id id, struct arena *arena)
{
	if (read_all(to, from, id, arena))
		return true;
	log_error(
	    "script", "%s: a reply of another form than it declares", script_sources[id].name);
	return false;
}

static const char *
copy_text(const char *text, size_t len, struct arena *arena)
{
	return memcpy(arena_take(arena, len + 1), text, len + 1);
}

static struct script_row
copy_row(const struct script_row *from, struct arena *arena)
{
	struct script_cell *cells = arena_take(arena, from->n * sizeof(*cells));
	size_t i;

	for (i = 0; i < from->n; i++) {
		cells[i].text = copy_text(from->cells[i].text, from->cells[i].len, arena);
		cells[i].len = from->cells[i].len;
	}
	return (struct script_row){ .cells = cells, .n = from->n };
}

void
script_reply_copy(struct script_reply *to, const struct script_reply *from, struct arena *arena)
{
	struct script_row *rows = arena_take(arena, from->n_rows * sizeof(*rows));
	size_t i;

	assert(from->n_entries == 0 && from->error == NULL);
	*to = *from;
	to->event = copy_text(from->event, strlen(from->event), arena);
	to->head = copy_row(&from->head, arena);
	to->rows = rows;
	for (i = 0; i < from->n_rows; i++)
		rows[i] = copy_row(&from->rows[i], arena);
}

void
script_item_read(struct script_item *to, const struct script_row *row)
{
	*to = (struct script_item){ .e = ERR_INTERNAL, .reply.event = "" };
	if (row->n == 0)
		return;
	to->reply.outcome = outcome_of(script_row_text(row, ITEM_ROW_OUTCOME));
	if (to->reply.outcome == OUTCOME_FAILED) {
		const char *error = script_row_text(row, ITEM_ROW_REST);

		to->e = err_from_word(error, strcspn(error, " "));
		to->reply.error = error;
	} else if (to->reply.outcome < OUTCOME_COUNT) {
		to->e = ERR_OK;
		to->reply.event = script_row_text(row, ITEM_ROW_EVENT);
		to->reply.head = script_row_part(row, ITEM_ROW_REST, row->n - ITEM_ROW_REST);
	}
}

int64_t
script_row_int(const struct script_row *row, size_t column)
{
	return strtoll(script_row_text(row, column), NULL, 10);
}

double
script_row_number(const struct script_row *row, size_t column)
{
	return strtod(script_row_text(row, column), NULL);
}
