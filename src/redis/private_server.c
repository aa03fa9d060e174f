/*
 * The private redis-server. Invariant: the lock on the directory is taken before the server starts
 * and released after it has ended, so that two servers never share a directory.
 */
#include "redis/private_server.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 10000, POLL_MS = 10, PATH_SIZE = PATH_MAX + 64, LOG_BYTES = 4096, LOG_LINES = 6 };

/* True if something accepts connections on the socket. */
static bool
answers(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	yes = fd >= 0 && connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0;
	if (fd >= 0)
		close(fd);
	return yes;
}

static void
pause_briefly(void)
{
	struct timespec ts = { 0, POLL_MS * 1000000L };

	nanosleep(&ts, NULL);
}

/* Becomes redis-server; writes the reason to `failed` if that is impossible. */
static void
run_server(const char *dir, const char *path, pid_t parent, int failed)
{
	struct buf log = BUF_INIT;
	int out, error;

	buf_addf(&log, "%s/redis.log", dir);
	/* The kernel ends the server when this process ends, even when it is killed. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	/* Ctrl-C on the terminal must only reach musterd, which then stops the server. */
	setpgid(0, 0);
	/* What it says before it opens its log belongs there, too. */
	out = open(buf_str(&log), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--dir",
		    dir, "--appendonly", "yes", "--save", "", "--daemonize", "no", "--logfile",
		    buf_str(&log), "--maxmemory-policy", "noeviction", (char *)NULL);
	}
	error = errno;
	(void)!write(failed, &error, sizeof(error));
	_exit(127);
}

static enum err
fail(struct private_server *s, char *why, size_t why_size, const char *dir, const char *what)
{
	snprintf(why, why_size, "data-dir: %s: %s", dir, what);
	private_server_stop(s);
	return ERR_STORE_UNAVAILABLE;
}

/* Makes the path of a file in the directory of the server. */
static const char *
path_of(const struct private_server *s, const char *name, char path[PATH_SIZE])
{
	snprintf(
	    path, PATH_SIZE, "%.*s%s", (int)(strrchr(s->path, '/') + 1 - s->path), s->path, name);
	return path;
}

static off_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* Reads the last lines of redis.log, if they are of this run. */
static void
read_log(const struct private_server *s, char text[LOG_BYTES])
{
	char path[PATH_SIZE], *at;
	int fd = open(path_of(s, "redis.log", path), O_RDONLY | O_CLOEXEC), lines = 0;
	off_t size = size_of(path), start = s->log_start;
	ssize_t n;

	if (size - start > LOG_BYTES - 1)
		start = size - (LOG_BYTES - 1);
	n = fd >= 0 ? pread(fd, text, LOG_BYTES - 1, start) : 0;
	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	for (at = text + strlen(text); at > text; at--)
		if (at[-1] == '\n' && ++lines > LOG_LINES)
			break;
	memmove(text, at, strlen(at) + 1);
}

/* Logs why the server has ended, as far as its log tells, and what to do. */
static void
tell_end(const struct private_server *s)
{
	char text[LOG_BYTES], path[PATH_SIZE], *rest = text, *line;
	bool corrupt;

	read_log(s, text);
	corrupt = strstr(text, "redis-check-aof") != NULL;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			log_error("redis-server", "%s", line);
	if (corrupt)
		log_error("redis-server",
		    "make a copy of the folder, then: redis-check-aof --fix %s; or start anew with "
		    "another -data-dir",
		    path_of(s, "appendonlydir/appendonly.aof.manifest", path));
	else
		log_error("redis-server",
		    "these are its last lines in %s; another -data-dir starts anew",
		    path_of(s, "redis.log", path));
}

/* Starts the process and waits until it is redis-server. On failure sets errno. */
static bool
spawn(struct private_server *s, const char *dir)
{
	pid_t parent = getpid();
	int failed[2], error = 0;

	if (pipe2(failed, O_CLOEXEC) < 0)
		return false;
	s->pid = fork();
	if (s->pid == 0)
		run_server(dir, s->path, parent, failed[1]);
	error = s->pid < 0 ? errno : 0;
	close(failed[1]);
	if (s->pid > 0 && read(failed[0], &error, sizeof(error)) > 0)
		waitpid(s->pid, NULL, 0);
	close(failed[0]);
	if (error != 0)
		s->pid = 0;
	errno = error;
	return error == 0;
}

enum err
private_server_start(struct private_server *s, const char *dir, char *why, size_t why_size)
{
	char real[PATH_MAX], path[PATH_SIZE];
	int64_t deadline = clock_mono_ms() + START_MS;

	*s = (struct private_server){ .lock = -1 };
	if ((mkdir(dir, 0700) < 0 && errno != EEXIST) || realpath(dir, real) == NULL)
		return fail(s, why, why_size, dir, strerror(errno));
	snprintf(path, sizeof(path), "%s/redis.lock", real);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return fail(s, why, why_size, dir, strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
		return fail(s, why, why_size, dir, "in use by another process");
	snprintf(path, sizeof(path), "%s/redis.sock", real);
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return fail(s, why, why_size, dir, "the path is too long for a unix socket");
	s->path = xstrdup(path);
	s->log_start = size_of(path_of(s, "redis.log", path));

	/* The server of a process that was killed may still be saving its data. */
	while (answers(s->path) && clock_mono_ms() < deadline)
		pause_briefly();
	if (answers(s->path))
		return fail(s, why, why_size, dir, "in use by another redis-server");
	if (!spawn(s, real)) {
		snprintf(path, sizeof(path),
		    "redis-server: %s: install redis-server, or name a Redis that runs with -redis "
		    "instead of -dev",
		    strerror(errno));
		return fail(s, why, why_size, dir, path);
	}
	while (!answers(s->path)) {
		if (private_server_ended(s, waitpid(s->pid, NULL, WNOHANG)))
			return fail(s, why, why_size, dir, "redis-server ended at once");
		if (clock_mono_ms() >= deadline)
			return fail(s, why, why_size, dir, "redis-server did not answer in time");
		pause_briefly();
	}
	return ERR_OK;
}

bool
private_server_ended(struct private_server *s, pid_t pid)
{
	if (s->pid <= 0 || pid != s->pid)
		return false;
	s->pid = 0;
	tell_end(s);
	return true;
}

void
private_server_stop(struct private_server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		waitpid(s->pid, NULL, 0);
	}
	if (s->lock >= 0)
		close(s->lock);
	free(s->path);
	*s = (struct private_server){ .lock = -1 };
}
