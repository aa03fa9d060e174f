/*
 * Pieces of memory of one size, for what comes and goes with each request. malloc keeps only a few
 * freed pieces of each size ready, too few when many requests are under way; a pool keeps up to
 * POOL_SPARE_MAX. A pool belongs to one thread: declare it _Thread_local.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/memory.h"

#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { POOL_SPARE_MAX = 0 }; /* so that the sanitizer sees each piece allocated and freed */
#else
enum { POOL_SPARE_MAX = 256 };
#endif

struct pool {
	size_t size; /* of a piece, in bytes; at least that of a pointer */
	size_t n_spare;
	void *spare; /* each starts with a pointer to the next */
};

#define POOL_INIT(size)         \
	{                       \
		(size), 0, NULL \
	}

/* A piece of memory with undefined contents. Never NULL. */
static inline void *
pool_take(struct pool *p)
{
	void *piece = p->spare;

	if (piece == NULL)
		return xmalloc(p->size);
	p->spare = *(void **)piece;
	p->n_spare--;
	return piece;
}

/* Takes back a piece that pool_take returned, on this thread or on another. */
static inline void
pool_give(struct pool *p, void *piece)
{
	if (p->n_spare + 1 > POOL_SPARE_MAX) {
		free(piece);
		return;
	}
	*(void **)piece = p->spare;
	p->spare = piece;
	p->n_spare++;
}

#endif
