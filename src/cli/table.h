/* A table for people: cells in columns as wide as they need. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/line.h"

struct cell {
	char *text;
	enum colour colour;
};

struct table {
	size_t columns;
	bool right[16]; /* this column's cells stand at its right edge */
	struct cell *cells;
	size_t n, cap;
};

enum { TABLE_COLUMNS_MAX = 16 };

/* A table with these headings, apart by '|', right-aligned where they begin with '>'. "" makes a
 * table of two columns, names and values, without headings. */
void table_init(struct table *t, const char *headings);

void table_fini(struct table *t);

/* Appends the next cell, row by row; "-" for NULL and for "". */
void table_add(struct table *t, enum colour colour, const char *text);
void table_addf(struct table *t, enum colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes the first `rows` rows, counting the headings, in at most `width` columns. */
void table_write(const struct table *t, struct buf *out, bool colour, size_t width, size_t rows);

#endif
