/* Text for a terminal. Invariant: no byte of a text that is below 0x20 or equal to 0x7f reaches
 * `out`. */
#include "cli/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const codes[] = { "", "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m" };

/* The number of bytes of the UTF-8 code point at `s`; fewer if it is cut short. */
static size_t
point_length(const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4, i;

	for (i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return i;
	return n;
}

/* True if a terminal prints the code point as it is: not a C0 or C1 control, DEL, a line separator
 * or a mark that changes the direction of text. */
static bool
is_shown(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 1)
		return u[0] >= 0x20 && u[0] < 0x7f;
	if (n == 2)
		return u[0] != 0xc2 || u[1] >= 0xa0;
	if (n == 3 && u[0] == 0xe2 && u[1] == 0x80)
		return !((u[2] >= 0x8b && u[2] <= 0x8f) || (u[2] >= 0xa8 && u[2] <= 0xae));
	return !(n == 3 && u[0] == 0xe2 && u[1] == 0x81 && u[2] >= 0xa0 && u[2] <= 0xaf);
}

size_t
terminal_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text += point_length(text))
		n++;
	return n;
}

size_t
terminal_put(struct terminal_line *l, enum colour colour, const char *text)
{
	bool coloured = l->colour && colour != PLAIN && *text != '\0' && l->left > 0;
	size_t before = l->left;

	if (coloured)
		buf_add_str(l->out, codes[colour]);
	while (*text != '\0' && l->left > 0) {
		size_t n = point_length(text);

		if (is_shown(text, n))
			buf_add(l->out, text, n);
		else
			buf_add(l->out, "?", 1);
		text += n;
		l->left--;
	}
	if (coloured)
		buf_add_str(l->out, "\033[0m");
	return before - l->left;
}

void
terminal_putf(struct terminal_line *l, enum colour colour, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	terminal_put(l, colour, text);
}

void
terminal_pad(struct terminal_line *l, size_t n)
{
	for (; n > 0 && l->left > 0; n--, l->left--)
		buf_add(l->out, " ", 1);
}
