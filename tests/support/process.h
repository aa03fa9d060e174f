/*
 * Processes and time for the tests: a child that cannot outlive the test, its exit within a
 * deadline, and the one place where a test waits for something to become true.
 */
#ifndef SUPPORT_PROCESS_H
#define SUPPORT_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

enum { PROCESS_WAIT_MS = 15000, PROCESS_KILLED = 1000 };

/* Milliseconds on the monotonic clock. */
long now_ms(void);

/* Asks `is_true(arg)` every few milliseconds until it says yes. False at the deadline. */
bool poll_until(bool (*is_true)(void *arg), void *arg, long ms);

/*
 * Starts argv[0], searched in PATH, with stdin from /dev/null and stdout and stderr appended to
 * the file `log`. The kernel kills it when the calling thread ends. Returns its pid, or -1.
 */
pid_t process_start(char *const argv[], const char *log);

/*
 * Waits for the process to end, for at most `ms`. Returns its exit status, PROCESS_KILLED plus
 * the signal that ended it, or -1 when it still runs.
 */
int process_wait(pid_t pid, long ms);

/* Sends SIGKILL, which a stopped process obeys too, and waits. Does nothing for pid 0 or -1. */
void process_kill(pid_t pid);

/* Stops the process and waits until all of its threads stand still. False when it has ended. */
bool process_freeze(pid_t pid);

/* Lets a stopped process go on. */
void process_thaw(pid_t pid);

/* The resident memory that is the process' own, in KiB; -1 where it has ended. */
long process_memory_kib(pid_t pid);

/* The content of a file, to be freed; "" where it cannot be read. Never NULL. */
char *file_read(const char *path);

/* Replaces a file's content. False where that fails. */
bool file_write(const char *path, const char *text);

#endif
