/* The machine's own figures, from the kernel. */
#ifndef CLUSTER_PROBE_H
#define CLUSTER_PROBE_H

#include <stdint.h>

struct probe {
	uint64_t busy, total; /* CPU ticks at the last reading */
};

struct probe_figures {
	double cpu, memory, disk; /* percent, 0 to 100 */
	double load_average;      /* 1 minute */
};

/* Takes the first reading of the CPU, so that the next one has a difference to show. */
void probe_init(struct probe *p);

/*
 * Reads the figures: CPU since the last reading, memory that is not available, the fullness of
 * the file system that holds `path`. What cannot be read is 0.
 */
void probe_read(struct probe *p, const char *path, struct probe_figures *f);

/* The parsers, apart for the tests: of /proc/stat's first line and of /proc/meminfo. */
int probe_parse_cpu(const char *text, uint64_t *busy, uint64_t *total);
double probe_parse_memory(const char *text);

#endif
