/* What this process uses, as the kernel says in /proc/self. */
#ifndef BASE_USAGE_H
#define BASE_USAGE_H

struct usage {
	double cpu_s; /* user and system */
	double resident_bytes, virtual_bytes;
	double threads;
	double fds, fds_max;
	double started_s; /* since 1970 */
};

/* Reads the figures. What cannot be read is 0. */
void usage_read(struct usage *u);

/*
 * The parser, apart for the tests: of /proc/self/stat, where the process's name may hold anything.
 * `boot_s` is when the machine started. Returns 0, or -1 with nothing set.
 */
int usage_parse_stat(const char *text, double boot_s, struct usage *u);

#endif
