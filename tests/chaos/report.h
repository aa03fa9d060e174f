/* The table of a run, for stdout and for the part of a page between two marker lines. */
#ifndef CHAOS_REPORT_H
#define CHAOS_REPORT_H

#include "chaos/faults.h"
#include "chaos/samples.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The results of one fault. */
struct row {
	const struct fault *fault;
	unsigned long injected, operations;
	size_t violations;
	struct losses losses;
	struct samples recovery;
};

struct report {
	struct row *rows; /* one for each fault of the table */
	size_t n;
	uint64_t seed, operations;
	double minutes;
	bool failover;
	int replicas;
	size_t violations;
	struct samples *detected, *placed, *failed_over;
};

void report_print(struct report *r);

/*
 * Replaces the text between the markers for this store and number of replicas. Returns false if the
 * file has no such markers, or cannot be written.
 */
bool report_write(struct report *r, const char *path);

#endif
