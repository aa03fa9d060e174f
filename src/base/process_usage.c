/* Usage of this process, from /proc. */
#include "base/process_usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads the first size-1 bytes of a file as a string; "" if it cannot be read. */
static const char *
read_text(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(out, 1, size - 1, f) : 0;

	out[n] = '\0';
	if (f != NULL)
		fclose(f);
	return out;
}

/* When the machine started, in seconds since 1970. */
static double
boot_time(void)
{
	char line[256] = "";
	double boot_s = 0;
	FILE *f = fopen("/proc/stat", "re");

	while (f != NULL && boot_s == 0 && fgets(line, sizeof(line), f) != NULL)
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
	u->started_s = boot_s + v[START] / ticks;
	u->virtual_bytes = v[VIRTUAL];
	u->resident_bytes = v[RESIDENT] * (double)sysconf(_SC_PAGESIZE);
	return 0;
}

/* Newer kernels give the number as the size of the folder; with older ones it is counted. */
static double
open_fds(void)
{
	struct stat st;
	double n = 0;
	DIR *dir;

	if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0)
		return (double)st.st_size;
	dir = opendir("/proc/self/fd");
	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	/* Without ".", ".." and the descriptor that reads the folder. */
	return n > 3 ? n - 3 : 0;
}

void
process_usage_read(struct process_usage *u)
{
	char text[1024];
	struct rlimit limit;

	memset(u, 0, sizeof(*u));
	if (process_usage_parse_stat(
	        read_text("/proc/self/stat", text, sizeof(text)), boot_time(), u) < 0)
		memset(u, 0, sizeof(*u));
	u->fds = open_fds();
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		u->fds_max = (double)limit.rlim_cur;
}
