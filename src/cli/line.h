/*
 * Lines for a terminal: texts without control characters, colours, a width that is not passed.
 * All that comes from the network and goes to a person goes through here.
 */
#ifndef CLI_LINE_H
#define CLI_LINE_H

#include "base/buf.h"

#include <stdbool.h>

enum colour { PLAIN, BOLD, DIM, GREEN, YELLOW, RED };

struct line {
	struct buf *out;
	size_t left; /* columns that may still be used */
	bool colour;
};

enum { LINE_UNLIMITED = 1 << 30 };

/* Appends a text, cut to what is left, and counts it. Control and formatting characters that
 * could change what a terminal shows become '?'. Returns the columns that it took. */
size_t line_put(struct line *l, enum colour colour, const char *text);

/* Appends formatted text in the same way. */
void line_putf(struct line *l, enum colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends as many spaces, at most what is left. */
void line_pad(struct line *l, size_t n);

/* The columns of a text: its code points. */
size_t line_width(const char *text);

#endif
