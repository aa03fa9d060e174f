/*
 * The name of a method that llhttp does not know. It is no reason to close the connection, so it is copied
 * here, and llhttp is given another one in its place. Not responsible for the rest of the request.
 */
#ifndef HTTP_ODD_METHOD_H
#define HTTP_ODD_METHOD_H

#include <stdbool.h>
#include <stddef.h>

enum { ODD_METHOD_MAX = 31 };

enum odd_method_state {
	ODD_METHOD_MORE,      /* all bytes belong to the name, and more may follow */
	ODD_METHOD_COMPLETE,  /* the next byte is the space after the name */
	ODD_METHOD_MALFORMED, /* it is no token with a space after it */
	ODD_METHOD_TOO_LONG,  /* it has more than ODD_METHOD_MAX bytes */
};

struct odd_method {
	bool copying;
	char name[ODD_METHOD_MAX + 1]; /* "" as long as there is none */
	size_t len;
};

/*
 * Begins with the end of the `before_len` bytes at `before`, which llhttp has taken already, or else in the
 * `len` bytes at `data`. Returns how many of those, which are empty lines, come before the name.
 */
size_t odd_method_begin(
    struct odd_method *o, const char *before, size_t before_len, const char *data, size_t len);

/* Goes on with `len` bytes, of which it takes `*used`. Copying ends unless the result is ODD_METHOD_MORE. */
enum odd_method_state odd_method_copy(
    struct odd_method *o, const char *data, size_t len, size_t *used);

#endif
