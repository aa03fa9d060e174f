/* Measured durations. */
#include "chaos/samples.h"

#include <math.h>
#include <stdlib.h>

void
samples_add(struct samples *s, long ms)
{
	if (s->n == s->size) {
		s->size = s->size > 0 ? 2 * s->size : 16;
		s->ms = realloc(s->ms, s->size * sizeof(*s->ms));
		if (s->ms == NULL)
			abort();
	}
	s->ms[s->n++] = ms;
}

static int
by_size(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

long
samples_quantile(struct samples *s, double q)
{
	size_t rank = (size_t)ceil(q * (double)s->n);

	if (s->n == 0)
		return 0;
	qsort(s->ms, s->n, sizeof(*s->ms), by_size);
	return s->ms[rank > 0 ? rank - 1 : 0];
}

void
samples_fini(struct samples *s)
{
	free(s->ms);
	*s = (struct samples){ 0 };
}
