/* Measured durations, and the figures that a table shows of them. */
#ifndef CHAOS_SAMPLES_H
#define CHAOS_SAMPLES_H

#include <stddef.h>

struct samples {
	long *ms;
	size_t n, size;
};

void samples_add(struct samples *s, long ms);

/* The value that a share `q` (0.5, 0.99, 1) of them does not exceed; 0 for none. Sorts them. */
long samples_quantile(struct samples *s, double q);

void samples_fini(struct samples *s);

#endif
