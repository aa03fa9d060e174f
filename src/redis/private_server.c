/*
 * The private redis-server. Invariant: the lock on the directory is taken before the server starts
 * and released after it has ended, so that two servers never share a directory.
 */
#include "redis/private_server.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
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

enum { START_MS = 10000, POLL_MS = 10 };

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

static void
run_server(const char *dir, const char *path, pid_t parent)
{
	struct buf log = BUF_INIT;

	buf_addf(&log, "%s/redis.log", dir);
	/* The kernel ends the server when this process ends, even when it is killed. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	/* Ctrl-C on the terminal must only reach musterd, which then stops the server. */
	setpgid(0, 0);
	execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--dir", dir,
	    "--appendonly", "yes", "--save", "", "--daemonize", "no", "--logfile", buf_str(&log),
	    "--maxmemory-policy", "noeviction", (char *)NULL);
	_exit(127);
}

static enum err
fail(struct private_server *s, char *why, size_t why_size, const char *dir, const char *what)
{
	snprintf(why, why_size, "data-dir: %s: %s", dir, what);
	private_server_stop(s);
	return ERR_STORE_UNAVAILABLE;
}

enum err
private_server_start(struct private_server *s, const char *dir, char *why, size_t why_size)
{
	char real[4096], path[4096 + 16];
	int64_t deadline = clock_mono_ms() + START_MS;
	pid_t parent = getpid();

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

	/* The server of a process that was killed may still be saving its data. */
	while (answers(path) && clock_mono_ms() < deadline)
		pause_briefly();
	if (answers(path))
		return fail(s, why, why_size, dir, "in use by another redis-server");
	s->pid = fork();
	if (s->pid == 0)
		run_server(real, path, parent);
	while (s->pid > 0 && !answers(path)) {
		if (waitpid(s->pid, NULL, WNOHANG) != 0) {
			s->pid = 0;
			return fail(s, why, why_size, dir,
			    "redis-server could not be started or ended at once; see redis.log "
			    "there");
		}
		if (clock_mono_ms() >= deadline)
			return fail(s, why, why_size, dir, "redis-server did not answer in time");
		pause_briefly();
	}
	return s->pid > 0 ? ERR_OK : fail(s, why, why_size, dir, strerror(errno));
}

bool
private_server_ended(struct private_server *s, pid_t pid)
{
	if (s->pid <= 0 || pid != s->pid)
		return false;
	s->pid = 0;
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
