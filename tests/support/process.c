/* Child processes, deadlines and small files. */
#include "support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 5 };

long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool
poll_until(bool (*is_true)(void *arg), void *arg, long ms)
{
	const struct timespec pause = { 0, POLL_MS * 1000000L };
	long deadline = now_ms() + ms;

	for (;;) {
		bool late = now_ms() >= deadline;

		if (is_true(arg))
			return true;
		if (late)
			return false;
		nanosleep(&pause, NULL);
	}
}

static void
run_child(char *const argv[], const char *log, pid_t parent)
{
	int in = open("/dev/null", O_RDONLY);
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || in < 0 || out < 0)
		_exit(126);
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	execvp(argv[0], argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

pid_t
process_start(char *const argv[], const char *log)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		run_child(argv, log, parent);
	return pid;
}

struct ending {
	pid_t pid;
	int status;
};

static bool
has_ended(void *arg)
{
	struct ending *e = arg;

	return waitpid(e->pid, &e->status, WNOHANG) != 0;
}

int
process_wait(pid_t pid, long ms)
{
	struct ending e = { .pid = pid };

	if (!poll_until(has_ended, &e, ms))
		return -1;
	return WIFSIGNALED(e.status) ? PROCESS_KILLED + WTERMSIG(e.status) : WEXITSTATUS(e.status);
}

void
process_kill(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	process_wait(pid, PROCESS_WAIT_MS);
}

bool
process_freeze(pid_t pid)
{
	int status = 0;

	kill(pid, SIGSTOP);
	return waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status);
}

void
process_thaw(pid_t pid)
{
	kill(pid, SIGCONT);
}

long
process_memory_kib(pid_t pid)
{
	char path[64], *text;
	const char *at;
	long kib;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	text = file_read(path);
	at = strstr(text, "RssAnon:");
	kib = at != NULL ? strtol(at + strlen("RssAnon:"), NULL, 10) : -1;
	free(text);
	return kib;
}

char *
file_read(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t size = 0, len = 0, n;
	char *text = NULL;

	do {
		size += 65536;
		text = realloc(text, size + 1);
		if (text == NULL)
			abort();
		n = f != NULL ? fread(text + len, 1, size - len, f) : 0;
		len += n;
	} while (n > 0);
	text[len] = '\0';
	if (f != NULL)
		fclose(f);
	return text;
}

bool
file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	bool good = f != NULL && fputs(text, f) >= 0;

	return f != NULL && fclose(f) == 0 && good;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void
dir_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
