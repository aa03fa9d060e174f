/*
 * The socket of a connection, with what was read and is not parsed yet, and what is not sent yet.
 * It knows no HTTP.
 */
#ifndef HTTP_WIRE_H
#define HTTP_WIRE_H

#include "base/buf.h"

#include <stdbool.h>

struct wire {
	int fd;        /* non-blocking */
	bool eof;      /* the other side sends no more */
	bool failed;   /* the socket is of no more use */
	struct buf in; /* from in_start on */
	size_t in_start;
	struct buf out; /* from out_start on */
	size_t out_start;
};

/* Takes over `fd`. */
void wire_init(struct wire *w, int fd);

/* Closes the socket. */
void wire_fini(struct wire *w);

/* Reads up to `size` bytes into `to`. Returns how many; notes an end or a failure. */
size_t wire_read(struct wire *w, char *to, size_t size);

/*
 * Puts what is left from earlier before the `len` bytes at `input`. Returns where all of it stands,
 * `*len` bytes, until wire_keep.
 */
const char *wire_take(struct wire *w, const char *input, size_t *len);

/* Keeps the `left` bytes at `rest`, the end of what wire_take gave, for later. */
void wire_keep(struct wire *w, const char *rest, size_t left);

/* The bytes that are kept. */
size_t wire_kept(const struct wire *w);

/* Where what is to be sent is appended. */
struct buf *wire_output(struct wire *w);

/* The bytes that are not sent yet. */
size_t wire_unsent(const struct wire *w);

/* Sends what the socket takes. True where it took some. */
bool wire_flush(struct wire *w);

#endif
