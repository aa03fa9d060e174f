/*
 * Lines of text for a terminal: coloured, cut to a width, free of control characters. Everything
 * that comes from the network and is printed for a person goes through here.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "base/buf.h"

#include <stdbool.h>

enum colour { PLAIN, BOLD, DIM, GREEN, YELLOW, RED };

struct terminal_line {
	struct buf *out;
	size_t left; /* columns that are still free */
	bool colour;
};

enum { TERMINAL_UNLIMITED = 1 << 30 };

/* Appends a text, cut to the free columns. Replaces control and formatting characters that could
 * change what the terminal shows with '?'. Returns the number of columns used. */
size_t terminal_put(struct terminal_line *l, enum colour colour, const char *text);

/* Like terminal_put, with a printf format. The text is cut to 1,023 bytes. */
void terminal_putf(struct terminal_line *l, enum colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends `n` spaces, or as many as there are free columns. */
void terminal_pad(struct terminal_line *l, size_t n);

/* The width of a text in columns, one for each code point. */
size_t terminal_width(const char *text);

#endif
