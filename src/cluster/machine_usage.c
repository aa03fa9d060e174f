/* Usage of the machine, from /proc and statvfs(3). */
#include "cluster/machine_usage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum { TEXT_SIZE = 4096 };

/* Reads the start of a file as a string; "" if it cannot be read. */
static const char *
read_text(const char *path, char text[TEXT_SIZE])
{
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(text, 1, TEXT_SIZE - 1, f) : 0;

	if (f != NULL)
		fclose(f);
	text[n] = '\0';
	return text;
}

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
machine_usage_parse_memory(const char *text)
{
	const char *total = strstr(text, "MemTotal:"), *available = strstr(text, "MemAvailable:");
	double all, left;

	if (total == NULL || available == NULL)
		return 0;
	all = strtod(total + strlen("MemTotal:"), NULL);
	left = strtod(available + strlen("MemAvailable:"), NULL);
	return all > 0 && left <= all ? (all - left) / all * 100 : 0;
}

static double
read_disk(const char *path)
{
	struct statvfs v;
	double used, usable;

	if (statvfs(path, &v) != 0)
		return 0;
	used = (double)(v.f_blocks - v.f_bfree);
	usable = used + (double)v.f_bavail;
	return usable > 0 ? used / usable * 100 : 0;
}

void
machine_usage_init(struct cpu_ticks *ticks)
{
	char text[TEXT_SIZE];

	if (machine_usage_parse_cpu(read_text("/proc/stat", text), &ticks->busy, &ticks->total) < 0)
		ticks->busy = ticks->total = 0;
}

void
machine_usage_read(struct cpu_ticks *ticks, const char *path, struct machine_usage *usage)
{
	char text[TEXT_SIZE];
	struct cpu_ticks last = *ticks;

	machine_usage_init(ticks);
	usage->cpu = ticks->total > last.total && ticks->busy >= last.busy
	    ? (double)(ticks->busy - last.busy) / (double)(ticks->total - last.total) * 100
	    : 0;
	if (usage->cpu > 100)
		usage->cpu = 100;
	usage->memory = machine_usage_parse_memory(read_text("/proc/meminfo", text));
	usage->disk = read_disk(path);
	usage->load_average = strtod(read_text("/proc/loadavg", text), NULL);
}
