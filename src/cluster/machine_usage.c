/* Usage of the machine, from /proc, the control groups and statvfs(3). */
#include "cluster/machine_usage.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum { TEXT_SIZE = 4096, NAME_SIZE = 512 };

/* The fields are (proc(5)): user nice system idle iowait irq softirq steal. */
int
machine_usage_parse_cpu(const char *text, uint64_t *busy, uint64_t *total)
{
	uint64_t v[8] = { 0 };

	if (sscanf(text,
	        "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
	        " %" SCNu64 " %" SCNu64,
	        &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) < 4)
		return -1;
	*busy = v[0] + v[1] + v[2] + v[5] + v[6] + v[7];
	*total = *busy + v[3] + v[4];
	return 0;
}

double
machine_usage_parse_memory(const char *text, double *total_bytes)
{
	const char *total = strstr(text, "MemTotal:"), *available = strstr(text, "MemAvailable:");
	double all, left;

	*total_bytes = 0;
	if (total == NULL || available == NULL)
		return -1;
	all = strtod(total + strlen("MemTotal:"), NULL);
	left = strtod(available + strlen("MemAvailable:"), NULL);
	if (all <= 0 || left < 0 || left > all)
		return -1;
	*total_bytes = all * 1024;
	return (all - left) / all * 100;
}

/* Logs when a figure can no longer be read from `path`, and when it can be again. Returns `good`. */
static bool
note(struct machine_probe *p, int figure, bool good, const char *path)
{
	static const char *const names[] = { "cpu", "memory", "disk", "load average" };

	if (!good && !p->unreadable[figure])
		log_warn(
		    "member", "%s cannot be read: no %s usage is reported", path, names[figure]);
	else if (good && p->unreadable[figure])
		log_info("member", "%s can be read again", path);
	p->unreadable[figure] = !good;
	return good;
}

/* Reads the start of a file of /proc and gives its path. */
static bool
read_proc(
    const struct machine_probe *p, const char *name, char path[NAME_SIZE], char text[TEXT_SIZE])
{
	snprintf(path, NAME_SIZE, "%s/%s", p->proc, name);
	return file_read_start(path, text, TEXT_SIZE);
}

static void
sample_cpu(struct machine_probe *p, struct cpu_sample *s)
{
	char text[TEXT_SIZE], path[NAME_SIZE];
	bool good = read_proc(p, "stat", path, text) &&
	    machine_usage_parse_cpu(text, &s->ticks.busy, &s->ticks.total) == 0;

	s->limited = cgroup_read_cpu(p->proc, p->cgroup, &s->group);
	s->at_us = note(p, MACHINE_CPU, good || s->limited, path) ? clock_mono_us() : 0;
}

/* The percentage that `part` is of `whole`, at most 100. */
static double
percent_of(double part, double whole)
{
	return part < whole ? part / whole * 100 : 100;
}

/* The usage from `a` to `b`; -1 if the counters went back, as on a machine that was restored. */
static double
cpu_between(const struct cpu_sample *a, const struct cpu_sample *b)
{
	double used, stopped = 0;

	if (a->at_us == 0 || b->at_us == 0 || a->limited != b->limited)
		return -1;
	if (!b->limited) {
		if (b->ticks.total <= a->ticks.total || b->ticks.busy < a->ticks.busy)
			return -1;
		return percent_of((double)(b->ticks.busy - a->ticks.busy),
		    (double)(b->ticks.total - a->ticks.total));
	}
	if (b->group.used_us < a->group.used_us || b->group.stopped < a->group.stopped ||
	    b->at_us <= a->at_us)
		return -1;
	used = percent_of((double)(b->group.used_us - a->group.used_us),
	    (double)(b->at_us - a->at_us) * b->group.limit);
	if (b->group.periods > a->group.periods)
		stopped = percent_of((double)(b->group.stopped - a->group.stopped),
		    (double)(b->group.periods - a->group.periods));
	return used > stopped ? used : stopped;
}

static double
read_cpu(struct machine_probe *p)
{
	struct cpu_sample now = { 0 };

	if (clock_mono_us() - p->last.at_us < MACHINE_CPU_SPAN_MS * 1000)
		return p->cpu;
	sample_cpu(p, &now);
	p->cpu = cpu_between(&p->last, &now);
	p->last = now;
	return p->cpu;
}

static double
read_memory(struct machine_probe *p)
{
	char text[TEXT_SIZE], path[NAME_SIZE];
	double total = 0, group;
	double machine =
	    read_proc(p, "meminfo", path, text) ? machine_usage_parse_memory(text, &total) : -1;

	note(p, MACHINE_MEMORY, machine >= 0, path);
	group = cgroup_read_memory(p->proc, p->cgroup, total);
	return group >= 0 ? group : machine;
}

static double
read_disk(struct machine_probe *p)
{
	struct statvfs v;
	double used, usable;

	if (!note(p, MACHINE_DISK, statvfs(p->disk, &v) == 0, p->disk))
		return -1;
	used = (double)(v.f_blocks - v.f_bfree);
	usable = used + (double)v.f_bavail;
	return usable > 0 ? percent_of(used, usable) : 0;
}

static double
read_load(struct machine_probe *p)
{
	char text[TEXT_SIZE], path[NAME_SIZE], *end = text;
	double load = read_proc(p, "loadavg", path, text) ? strtod(text, &end) : -1;

	return note(p, MACHINE_LOAD, end > text && load >= 0, path) ? load : -1;
}

void
machine_probe_init(struct machine_probe *p, const char *proc, const char *cgroup, const char *disk)
{
	*p = (struct machine_probe){ .proc = proc, .cgroup = cgroup, .disk = disk, .cpu = -1 };
	sample_cpu(p, &p->last);
}

void
machine_probe_read(struct machine_probe *p, struct machine_usage *usage)
{
	usage->cpu = read_cpu(p);
	usage->memory = read_memory(p);
	usage->disk = read_disk(p);
	usage->load_average = read_load(p);
}
