/*
 * A growable byte buffer. A NUL, which `len` does not count, always follows its contents. Running
 * out of memory ends the process (base/memory.h).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *data; /* NULL until the first byte */
	size_t len;
	size_t cap;
};

#define BUF_INIT           \
	{                  \
		NULL, 0, 0 \
	}

/* Frees a buffer whose data is not NULL; called by buf_fini. */
void buf_release(struct buf *b);

/* Frees the contents and leaves the buffer empty and usable. */
static inline void
buf_fini(struct buf *b)
{
	if (b->data != NULL)
		buf_release(b);
}

/* Empties the buffer and keeps its memory. */
void buf_reset(struct buf *b);

/* Makes room for `more` bytes and a NUL after the contents; called by buf_room. */
void buf_grow(struct buf *b, size_t more);

/* Returns where up to `more` bytes may be written after the contents. buf_end must follow. */
static inline char *
buf_room(struct buf *b, size_t more)
{
	if (b->cap - b->len <= more)
		buf_grow(b, more);
	return b->data + b->len;
}

/* Ends the contents at `end`, which points into the room that buf_room has made. */
static inline void
buf_end(struct buf *b, char *end)
{
	*end = '\0';
	b->len = (size_t)(end - b->data);
}

/* Appends `len` bytes. `data` may be NULL if len is 0. */
static inline void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (len > 0)
		buf_end(b, (char *)memcpy(buf_room(b, len), data, len) + len);
}

/* Appends a string without its NUL. */
static inline void
buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

/* Appends a whole number. */
void buf_add_int(struct buf *b, int64_t n);

/* Appends formatted text. */
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The contents as a string, "" if there are none. Borrowed until the next change. */
const char *buf_str(const struct buf *b);

#endif
