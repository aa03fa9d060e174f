/*
 * Memory for many small objects that are freed together. Taking a piece only moves a pointer; a
 * single piece is never freed. arena_reset keeps the memory for reuse, so an arena that is filled
 * and reset again and again soon stops calling malloc.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

enum {
	ARENA_ALIGN = 8,
	ARENA_KEPT_MAX = 64 * 1024 /* bytes that arena_reset keeps */
};

struct arena_chunk;

/* All zero is an empty arena. */
struct arena {
	char *free; /* the part of the newest chunk that has not been taken */
	size_t n_free;
	struct arena_chunk *newest;
	size_t size; /* bytes of all chunks, taken or not */
};

/* Like arena_take, from a new chunk. */
void *arena_take_more(struct arena *a, size_t size);

/*
 * Takes `size` bytes, aligned to ARENA_ALIGN, with undefined contents. They are valid until
 * arena_reset or arena_fini. Never NULL: running out of memory ends the process.
 */
static inline void *
arena_take(struct arena *a, size_t size)
{
	size_t aligned = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	char *piece = a->free;

	if (aligned > a->n_free)
		return arena_take_more(a, aligned);
	a->free += aligned;
	a->n_free -= aligned;
	return piece;
}

/* Frees all pieces. Keeps at most ARENA_KEPT_MAX bytes of memory for reuse. */
void arena_reset(struct arena *a);

/* Frees all pieces and all memory. The arena is then empty and usable. */
void arena_fini(struct arena *a);

#endif
