/*
 * Arenas: a list of chunks. Only the newest one has room. Invariant: `free` and `n_free` are
 * the rest of the newest chunk; both are 0 without chunks.
 */
#include "base/arena.h"

#include "base/memory.h"

#include <stdlib.h>

enum { CHUNK_FIRST = 1024, CHUNK_DOUBLED_MAX = ARENA_KEPT_MAX };

struct arena_chunk {
	struct arena_chunk *older;
	size_t size; /* with this header */
};

void *
arena_take_more(struct arena *a, size_t size)
{
	size_t chunk_size = a->newest != NULL ? 2 * a->newest->size : CHUNK_FIRST;
	struct arena_chunk *chunk;

	if (chunk_size > CHUNK_DOUBLED_MAX)
		chunk_size = CHUNK_DOUBLED_MAX;
	if (chunk_size < size + sizeof(*chunk))
		chunk_size = size + sizeof(*chunk);
	chunk = xmalloc(chunk_size);
	chunk->older = a->newest;
	chunk->size = chunk_size;
	a->newest = chunk;
	a->size += chunk_size;
	a->free = (char *)(chunk + 1) + size;
	a->n_free = chunk_size - sizeof(*chunk) - size;
	return chunk + 1;
}

/* Frees `chunk` and those that are older. */
static void
free_chunks(struct arena_chunk *chunk)
{
	while (chunk != NULL) {
		struct arena_chunk *older = chunk->older;

		free(chunk);
		chunk = older;
	}
}

void
arena_reset(struct arena *a)
{
	struct arena_chunk *kept = a->newest;

	if (kept == NULL)
		return;
	if (kept->size > ARENA_KEPT_MAX) {
		arena_fini(a);
		return;
	}
	free_chunks(kept->older);
	kept->older = NULL;
	a->size = kept->size;
	a->free = (char *)(kept + 1);
	a->n_free = kept->size - sizeof(*kept);
}

void
arena_fini(struct arena *a)
{
	free_chunks(a->newest);
	*a = (struct arena){ 0 };
}
