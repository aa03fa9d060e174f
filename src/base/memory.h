/*
 * Memory that is always there: when it runs out, the process ends. No caller could do better, and
 * all state that matters is in Redis.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/*
 * Returns `p`. Ends the process if it is NULL: use it for libraries that return NULL without
 * memory.
 */
void *xcheck(void *p);

/* malloc, realloc, calloc and strdup that never return NULL. A size of 0 is taken as 1. */
void *xmalloc(size_t size);
void *xrealloc(void *p, size_t size);
void *xcalloc(size_t n, size_t size);
char *xstrdup(const char *s);

#endif
