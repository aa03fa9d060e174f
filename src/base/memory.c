/* Allocation. Invariant: what is returned is not NULL. */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *
xcheck(void *p)
{
	if (p == NULL) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return p;
}

void *
xmalloc(size_t size)
{
	return xcheck(malloc(size ? size : 1));
}

void *
xrealloc(void *p, size_t size)
{
	return xcheck(realloc(p, size ? size : 1));
}

void *
xcalloc(size_t n, size_t size)
{
	return xcheck(calloc(n ? n : 1, size ? size : 1));
}

char *
xstrdup(const char *s)
{
	return xcheck(strdup(s));
}
