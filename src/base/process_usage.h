/* What this process uses, as /proc/self shows it. */
#ifndef BASE_PROCESS_USAGE_H
#define BASE_PROCESS_USAGE_H

struct process_usage {
	double cpu_s; /* user and system time, in seconds */
	double resident_bytes, virtual_bytes;
	double threads;
	double fds, fds_max;
	double started_s; /* when it started, in seconds since 1970 */
};

/* Reads the usage. `proc` is where /proc is. What cannot be read is -1. */
void process_usage_read(const char *proc, struct process_usage *u);

/*
 * Parses the text of /proc/self/stat, in which the name of the process may hold any character.
 * `boot_s` is when the machine started, in seconds since 1970, or -1. Returns 0, or -1 with nothing set.
 * Public for the tests.
 */
int process_usage_parse_stat(const char *text, double boot_s, struct process_usage *u);

#endif
