/*
 * A library to preload into redis-server. It changes the wall clock by what the file that CHAOS_CLOCK
 * names has, two 64-bit integers: the number of seconds to shift it by, and the microseconds since 1970
 * at which it stands still, 0 if it runs. The second may be left out. The file is mapped, so a change
 * takes effect at once. The monotonic clock is not changed. libfaketime cannot be used: it allocates
 * while it looks up the real clock function, and jemalloc reads the clock while it allocates. So nothing
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

/* The two integers of the file; zeros if there is none. */
static const volatile int64_t *
shift(void)
{
	static _Atomic(const volatile int64_t *) mapped;
	static const int64_t none[2];
	const volatile int64_t *at = atomic_load(&mapped);
	const char *path;
	void *map;
	int fd;

	if (at != NULL)
		return at;
	path = getenv("CHAOS_CLOCK");
	fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return none;
	map = mmap(NULL, 2 * sizeof(*at), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return none;
	atomic_store(&mapped, map);
	return map;
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, ts);

	if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		int64_t still = shift()[1];

		if (still != 0)
			*ts = (struct timespec){ still / 1000000, still % 1000000 * 1000 };
		else
			ts->tv_sec += shift()[0];
	}
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
