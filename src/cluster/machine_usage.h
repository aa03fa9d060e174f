/* How busy and how full this machine is. */
#ifndef CLUSTER_MACHINE_USAGE_H
#define CLUSTER_MACHINE_USAGE_H

#include <stdint.h>

struct cpu_ticks {
	uint64_t busy, total; /* of all processors since the machine started */
};

struct machine_usage {
	double cpu, memory, disk; /* percent, 0 to 100 */
	double load_average;      /* of the last minute */
};

/* Reads the ticks, so that the first machine_usage_read has something to compare with. */
void machine_usage_init(struct cpu_ticks *ticks);

/*
 * Reads the usage: of the CPU since `ticks`, which are then replaced; memory that is not
 * available; how full the file system with `path` is. What cannot be read is 0.
 */
void machine_usage_read(struct cpu_ticks *ticks, const char *path, struct machine_usage *usage);

/*
 * Parsers of the first line of /proc/stat, which returns 0, or -1 with nothing set, and of
 * /proc/meminfo, which returns percent, 0 if it cannot be read. Public for the tests.
 */
int machine_usage_parse_cpu(const char *text, uint64_t *busy, uint64_t *total);
double machine_usage_parse_memory(const char *text);

#endif
