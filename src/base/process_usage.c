/* Usage of this process, from /proc. */
#include "base/process_usage.h"

#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* When the machine started, in seconds since 1970; -1 if that cannot be read. */
static double
boot_time(const char *proc)
{
	char line[256] = "", path[512];
	double boot_s = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/stat", proc);
	f = fopen(path, "re");
	while (f != NULL && boot_s < 0 && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "btime ", 6) == 0)
			boot_s = strtod(line + 6, NULL);
	if (f != NULL)
		fclose(f);
	return boot_s;
}

int
process_usage_parse_stat(const char *text, double boot_s, struct process_usage *u)
{
	enum { USER = 14, SYSTEM = 15, THREADS = 20, START = 22, VIRTUAL = 23, RESIDENT = 24 };
	double v[RESIDENT + 1] = { 0 }, ticks = (double)sysconf(_SC_CLK_TCK);
	const char *at = strrchr(text, ')');
	char *end;
	int i;

	/* After the name comes the state, a letter, and then the numbers, from the fourth field on. */
	if (at == NULL || strlen(at) < 4)
		return -1;
	at += 3;
	for (i = 4; i <= RESIDENT; i++) {
		v[i] = strtod(at, &end);
		if (end == at)
			return -1;
		at = end;
	}
	u->cpu_s = (v[USER] + v[SYSTEM]) / ticks;
	u->threads = v[THREADS];
	u->started_s = boot_s >= 0 ? boot_s + v[START] / ticks : -1;
	u->virtual_bytes = v[VIRTUAL];
	u->resident_bytes = v[RESIDENT] * (double)sysconf(_SC_PAGESIZE);
	return 0;
}

/* Newer kernels give the number as the size of the folder; with older ones it is counted. */
static double
open_fds(const char *proc)
{
	struct stat st;
	char path[512];
	double n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/self/fd", proc);
	if (stat(path, &st) == 0 && st.st_size > 0)
		return (double)st.st_size;
	dir = opendir(path);
	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	/* Without ".", ".." and the descriptor that reads the folder. */
	return n - 3;
}

void
process_usage_read(const char *proc, struct process_usage *u)
{
	static const struct process_usage unknown = { -1, -1, -1, -1, -1, -1, -1 };
	char text[1024], path[512];
	struct rlimit limit;

	snprintf(path, sizeof(path), "%s/self/stat", proc);
	*u = unknown;
	if (!file_read_start(path, text, sizeof(text)) ||
	    process_usage_parse_stat(text, boot_time(proc), u) < 0)
		*u = unknown;
	u->fds = open_fds(proc);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		u->fds_max = (double)limit.rlim_cur;
}
