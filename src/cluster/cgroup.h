/*
 * What the control groups of this process allow it, and how much of that is used: version 2, or version
 * 1, whose controllers each have a tree. A limit may be set at any level above the process; the tightest
 * counts. What a level uses includes all processes under it.
 */
#ifndef CLUSTER_CGROUP_H
#define CLUSTER_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

struct cgroup_cpu {
	double limit;     /* processors that may be used at a time */
	uint64_t used_us; /* time that was used */
	uint64_t periods; /* in which processors were given out */
	uint64_t stopped; /* of these, those in which the limit was reached */
};

/*
 * Reads the tightest limit of CPU time and what was used of it. `proc` and `root` are where /proc and
 * /sys/fs/cgroup are. Returns false if no limit can be read: then there is none.
 */
bool cgroup_read_cpu(const char *proc, const char *root, struct cgroup_cpu *cpu);

/*
 * Percent of its memory that the group has in use, at the level where that is most. Files in the page
 * cache that the kernel can drop at once do not count. A limit above `machine_bytes` is none. Returns
 * -1 if no limit can be read.
 */
double cgroup_read_memory(const char *proc, const char *root, double machine_bytes);

#endif
