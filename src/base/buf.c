/* Growable byte buffers. Invariant: cap is 0, or it exceeds len and data[len] is NUL. */
#include "base/buf.h"

#include "base/memory.h"
#include "base/pool.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST = 512 };

/* The first memory of a buffer comes from a pool: most buffers never need more. */
static _Thread_local struct pool first_pieces = POOL_INIT(BUF_FIRST);

void
buf_release(struct buf *b)
{
	if (b->cap == BUF_FIRST)
		pool_give(&first_pieces, b->data);
	else
		free(b->data);
	*b = (struct buf)BUF_INIT;
}

void
buf_grow(struct buf *b, size_t more)
{
	size_t cap = BUF_FIRST, len = b->len;
	char *data;

	if (b->data == NULL && more < BUF_FIRST) {
		b->data = pool_take(&first_pieces);
		b->cap = BUF_FIRST;
		return;
	}
	while (cap <= len + more)
		cap *= 2;
	if (b->cap > BUF_FIRST) {
		data = xrealloc(b->data, cap);
	} else {
		data = xmalloc(cap);
		if (b->data != NULL)
			memcpy(data, b->data, len);
		buf_fini(b);
	}
	*b = (struct buf){ .data = data, .len = len, .cap = cap };
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_add_int(struct buf *b, int64_t n)
{
	char *to = buf_room(b, INT_TEXT_MAX);

	if (n < 0)
		*to++ = '-';
	buf_end(b, text_int(to, n < 0 ? -(uint64_t)n : (uint64_t)n));
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		vsnprintf(buf_room(b, (size_t)n), (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

const char *
buf_str(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}
