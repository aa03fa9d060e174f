/* The machine's own figures, from the kernel. */
#ifndef CLUSTER_MACHINE_USAGE_H
#define CLUSTER_MACHINE_USAGE_H

#include <stdint.h>

struct cpu_ticks {
	uint64_t busy, total; /* CPU ticks at the last reading */
};

struct machine_usage {
	double cpu, memory, disk; /* percent, 0 to 100 */
	double load_average;      /* 1 minute */
};

/* Takes the first reading of the CPU, so that the next one has a difference to show. */
void machine_usage_init(struct cpu_ticks *p);

/*
 * Reads the figures: CPU since the last reading, memory that is not available, the fullness of
 * the file system that holds `path`. What cannot be read is 0.
 */
void machine_usage_read(struct cpu_ticks *p, const char *path, struct machine_usage *f);

/* The parsers, apart for the tests: of /proc/stat's first line and of /proc/meminfo. */
int machine_usage_parse_cpu(const char *text, uint64_t *busy, uint64_t *total);
double machine_usage_parse_memory(const char *text);

#endif
