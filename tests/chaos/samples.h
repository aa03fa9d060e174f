/* Measured durations and their quantiles. */
#ifndef CHAOS_SAMPLES_H
#define CHAOS_SAMPLES_H

#include <stddef.h>

struct samples {
	long *ms;
	size_t n, size;
};

void samples_add(struct samples *s, long ms);

/* The value that the share `q` (0.5, 0.99, 1) of the samples does not exceed; 0 if there are none.
 * Sorts the samples. */
long samples_quantile(struct samples *s, double q);

void samples_fini(struct samples *s);

#endif
