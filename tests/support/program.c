/*
 * A test program's folder and its run. Invariant: the folder is always removed. If the program dies,
 * the janitor does it: a process that waits for the program's end.
 */
#include "support/program.h"

#include "support/api.h"
#include "support/process.h"
#include "support/sanitizer.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOG_TAIL = 6000, PROGRAM_MAX_S = 170 };

static char dir[64];

const char *
test_dir(void)
{
	return dir;
}

/* Starts the janitor. It removes the folder when the write end of the pipe is closed. */
static pid_t
janitor_start(int *write_end)
{
	int ends[2];
	char byte;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		setsid();
		close(ends[1]);
		while (read(ends[0], &byte, 1) > 0)
			continue;
		dir_remove(dir);
		dir_remove(dir); /* again, for files that a dying process made meanwhile */
		_exit(0);
	}
	close(ends[0]);
	*write_end = ends[1];
	return pid;
}

static int
print_log(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const char *dot = strrchr(path, '.');
	char *text;
	size_t len;

	(void)st;
	(void)at;
	if (type != FTW_F || dot == NULL || strcmp(dot, ".log") != 0)
		return 0;
	text = file_read(path);
	len = strlen(text);
	fprintf(stderr, "---- %s\n%s\n", path, len > LOG_TAIL ? text + len - LOG_TAIL : text);
	free(text);
	return 0;
}

int
test_program_named(const char *name, const struct CMUnitTest *tests, size_t n)
{
	int failed, pipe_end;
	pid_t janitor;

	snprintf(dir, sizeof(dir), "/tmp/muster-test-XXXXXX");
	if (mkdtemp(dir) == NULL)
		abort();
	janitor = janitor_start(&pipe_end);
	signal(SIGPIPE, SIG_IGN);
	alarm(PROGRAM_MAX_S);
	sanitizer_reports_to(dir);
	failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
	/* Of processes that were started without a cluster. */
	if (sanitizer_reported())
		failed++;
	if (failed != 0)
		nftw(dir, print_log, 16, FTW_PHYS);
	api_reset();
	close(pipe_end);
	waitpid(janitor, NULL, 0);
	return failed;
}
