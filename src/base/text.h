/* Short texts, written into memory of the caller. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum { INT_TEXT_MAX = 20 }; /* digits of the largest uint64_t */

/* Writes `n` in decimal, at most INT_TEXT_MAX bytes and no NUL. Returns the end of what it wrote. */
char *text_int(char *to, uint64_t n);

/* Copies `from` with its NUL into the `size` bytes at `to`, at least 1; cuts what does not fit. */
void text_copy(char *to, size_t size, const char *from);

#endif
