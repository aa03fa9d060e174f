/* What this process uses, as the kernel says in /proc/self. */
#ifndef BASE_PROCESS_USAGE_H
#define BASE_PROCESS_USAGE_H

struct process_usage {
	double cpu_s; /* user and system */
	double resident_bytes, virtual_bytes;
	double threads;
	double fds, fds_max;
	double started_s; /* since 1970 */
};

/* Reads the figures. What cannot be read is 0. */
void process_usage_read(struct process_usage *u);

/*
 * The parser, apart for the tests: of /proc/self/stat, where the process's name may hold anything.
 * `boot_s` is when the machine started. Returns 0, or -1 with nothing set.
 */
int process_usage_parse_stat(const char *text, double boot_s, struct process_usage *u);

#endif
