/*
 * How busy and how full this machine is, or the part of it that control groups leave to this process. A
 * figure that cannot be read is not made up: it is absent, and a line of the log says why.
 */
#ifndef CLUSTER_MACHINE_USAGE_H
#define CLUSTER_MACHINE_USAGE_H

#include "cluster/cgroup.h"

#include <stdbool.h>
#include <stdint.h>

/* A figure of the CPU covers at least this time, because one of a few ticks says nothing. */
enum { MACHINE_CPU_SPAN_MS = 500 };

struct machine_usage {
	double cpu, memory, disk; /* percent, 0 to 100 */
	double load_average;      /* of the last minute */
	                          /* Each is -1 if it is not known. */
};

struct cpu_ticks {
	uint64_t busy, total; /* of all processors since the machine started */
};

/* Counters of the CPU at one time. */
struct cpu_sample {
	int64_t at_us; /* by the monotonic clock; 0: nothing could be read */
	struct cpu_ticks ticks;
	struct cgroup_cpu group;
	bool limited; /* `group` counts */
};

enum { MACHINE_CPU, MACHINE_MEMORY, MACHINE_DISK, MACHINE_LOAD, MACHINE_FIGURES };

struct machine_probe {
	const char *proc, *cgroup; /* where /proc and /sys/fs/cgroup are */
	const char *disk;          /* a path on the file system that is measured */
	struct cpu_sample last;
	double cpu;                       /* the last figure; -1: none yet */
	bool unreadable[MACHINE_FIGURES]; /* and that has been logged */
};

/* Begins to measure. The three paths are borrowed. */
void machine_probe_init(
    struct machine_probe *p, const char *proc, const char *cgroup, const char *disk);

/*
 * Reads the usage: of the CPU since an earlier call, and at first none until MACHINE_CPU_SPAN_MS have
 * passed; memory that is not available; how full the file system is. Where a control group limits the
 * CPU or the memory, the figure is relative to its limit; a CPU limit that stops the group in each period
 * is 100 percent.
 */
void machine_probe_read(struct machine_probe *p, struct machine_usage *usage);

/*
 * Parsers of the first line of /proc/stat, which returns 0, or -1 with nothing set, and of
 * /proc/meminfo, which returns percent, or -1, and sets *total_bytes. Public for the tests.
 */
int machine_usage_parse_cpu(const char *text, uint64_t *busy, uint64_t *total);
double machine_usage_parse_memory(const char *text, double *total_bytes);

#endif
