/* The table of a run, on stdout and between the two marker lines of a page. */
#ifndef CHAOS_REPORT_H
#define CHAOS_REPORT_H

#include "chaos/faults.h"
#include "chaos/samples.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What came of one fault. */
struct row {
	const struct fault *fault;
	unsigned long injected, operations;
	size_t violations;
	struct samples recovery;
};

struct report {
	struct row *rows; /* one for each fault of the table */
	size_t n;
	uint64_t seed, operations;
	double minutes;
	size_t violations;
	struct samples *detected, *placed;
};

void report_print(struct report *r);

/* Replaces what is between the marker lines of the file. False where that fails. */
bool report_write(struct report *r, const char *path);

#endif
