/*
 * Processes, time and files for tests: child processes that cannot outlive the test, waits with a
 * deadline, and poll_until, the only way in which tests wait for a condition.
 */
#ifndef SUPPORT_PROCESS_H
#define SUPPORT_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

enum { PROCESS_WAIT_MS = 15000, PROCESS_KILLED = 1000 };

/* The monotonic clock in milliseconds. */
long now_ms(void);

/* Calls `is_true(arg)` every few milliseconds until it returns true. Returns false after `ms`. */
bool poll_until(bool (*is_true)(void *arg), void *arg, long ms);

/*
 * Starts argv[0], which is searched in PATH. Its stdin is /dev/null; its stdout and stderr are
 * appended to the file `log`. The kernel kills it when the calling thread ends. Returns its pid, or
 * -1.
 */
pid_t process_start(char *const argv[], const char *log);

/*
 * Waits at most `ms` for the process to end. Returns its exit status, or PROCESS_KILLED plus the
 * signal that ended it, or -1 if it is still running.
 */
int process_wait(pid_t pid, long ms);

/* Sends SIGKILL, which also ends a stopped process, and waits. Does nothing for pid 0 or -1. */
void process_kill(pid_t pid);

/* Stops the process and waits until all of its threads are stopped. Returns false if it has
 * ended. */
bool process_freeze(pid_t pid);

/* Continues a stopped process. */
void process_thaw(pid_t pid);

/* The process' private resident memory in KiB; -1 if it has ended. */
long process_memory_kib(pid_t pid);

/* The content of a file, to be freed; "" if it cannot be read. Never NULL. */
char *file_read(const char *path);

/* Replaces the content of a file. Returns false on failure. */
bool file_write(const char *path, const char *text);

/* Removes a folder with all that is in it, as far as that is possible. */
void dir_remove(const char *path);

#endif
