/* Tables. Invariant: cells are stored row by row; the first row holds the headings. */
#include "cli/table.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2 };

static void
add_cell(struct table *t, enum colour colour, char *text)
{
	if (t->n == t->cap) {
		t->cap = t->cap > 0 ? t->cap * 2 : 64;
		t->cells = xrealloc(t->cells, t->cap * sizeof(*t->cells));
	}
	t->cells[t->n].text = text;
	t->cells[t->n++].colour = colour;
}

void
table_init(struct table *t, const char *headings)
{
	*t = (struct table){ .columns = *headings == '\0' ? 2 : 0 };
	while (*headings != '\0' && t->columns < TABLE_COLUMNS_MAX) {
		size_t n;

		t->right[t->columns++] = *headings == '>';
		headings += *headings == '>';
		n = strcspn(headings, "|");
		add_cell(t, DIM, strndup(headings, n));
		headings += n + (headings[n] == '|');
	}
}

void
table_fini(struct table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		free(t->cells[i].text);
	free(t->cells);
	*t = (struct table){ 0 };
}

void
table_add(struct table *t, enum colour colour, const char *text)
{
	add_cell(t, colour, xstrdup(text != NULL && *text != '\0' ? text : "-"));
}

void
table_addf(struct table *t, enum colour colour, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	table_add(t, colour, text);
}

static void
write_row(const struct table *t, size_t row, const size_t widths[], struct terminal_line *l)
{
	size_t i;

	for (i = 0; i < t->columns; i++) {
		const struct cell *c = &t->cells[row * t->columns + i];
		size_t room = widths[i] - terminal_width(c->text);

		if (t->right[i])
			terminal_pad(l, room);
		terminal_put(l, c->colour, c->text);
		if (i + 1 == t->columns)
			break;
		terminal_pad(l, GAP + (t->right[i] ? 0 : room));
	}
	buf_add(l->out, "\n", 1);
}

void
table_write(const struct table *t, struct buf *out, bool colour, size_t width, size_t rows)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 }, i;

	if (rows > t->n / t->columns)
		rows = t->n / t->columns;
	for (i = 0; i < rows * t->columns; i++) {
		size_t n = terminal_width(t->cells[i].text);

		if (n > widths[i % t->columns])
			widths[i % t->columns] = n;
	}
	for (i = 0; i < rows; i++) {
		struct terminal_line l = { out, width, colour };

		write_row(t, i, widths, &l);
	}
}
