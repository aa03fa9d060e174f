/*
 * A library to preload into redis-server. It shifts the wall clock by the number of seconds in the
 * file that CHAOS_CLOCK names (a 64-bit integer; the file is mapped, so a change takes effect at
 * once). The monotonic clock is not changed. libfaketime cannot be used: it allocates while it
 * looks up the real clock function, and jemalloc reads the clock while it allocates. So nothing
 * here allocates.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t
offset(void)
{
	static _Atomic(const volatile int64_t *) mapped;
	const volatile int64_t *at = atomic_load(&mapped);
	const char *path;
	void *map;
	int fd;

	if (at != NULL)
		return *at;
	path = getenv("CHAOS_CLOCK");
	fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	map = mmap(NULL, sizeof(*at), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return 0;
	atomic_store(&mapped, map);
	return *(const volatile int64_t *)map;
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, ts);

	if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ts->tv_sec += offset();
	return rc;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *t)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (t != NULL)
		*t = ts.tv_sec;
	return ts.tv_sec;
}
