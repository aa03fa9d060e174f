/* A table as text: each column is as wide as its widest cell. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/terminal.h"

enum { TABLE_COLUMNS_MAX = 16 };

struct cell {
	char *text;
	enum colour colour;
};

struct table {
	size_t columns;
	bool right[TABLE_COLUMNS_MAX]; /* whether the column is right-aligned */
	struct cell *cells;
	size_t n, cap;
};

/* Makes a table with these headings, separated by '|'. A '>' before a heading makes its column
 * right-aligned. "" makes a table with two columns, names and values, and no headings. */
void table_init(struct table *t, const char *headings);

void table_fini(struct table *t);

/* Appends the next cell, row by row. NULL and "" become "-". The text is copied. */
void table_add(struct table *t, enum colour colour, const char *text);
void table_addf(struct table *t, enum colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends the first `rows` rows, headings included, to `out`. Cuts each line to `width` columns. */
void table_write(const struct table *t, struct buf *out, bool colour, size_t width, size_t rows);

#endif
