/*
 * Pieces of memory of one size that come and go with each request. With many requests under way
 * malloc has long run out of the few of a size that it keeps at hand; a pool keeps POOL_SPARE_MAX.
 * It belongs to one thread: declare it _Thread_local.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/memory.h"

#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { POOL_SPARE_MAX = 0 }; /* so that the sanitizer sees each use */
#else
enum { POOL_SPARE_MAX = 256 };
#endif

struct pool {
	size_t size; /* of a piece, at least that of a pointer */
	size_t n_spare;
	void *spare; /* each starts with a pointer to the next */
};

#define POOL_INIT(size)         \
	{                       \
		(size), 0, NULL \
	}

/* A piece, with whatever is in it. Never NULL. */
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

/* Takes back a piece that pool_take, here or on another thread, has given. */
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
