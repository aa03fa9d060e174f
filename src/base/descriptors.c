/* The limit of file descriptors, and its division. */
#include "base/descriptors.h"

#include <sys/resource.h>

enum {
	KEPT = 24, /* standard streams, the listener, files that are read now and then */
	KEPT_BY_WORKER =
	    24, /* its loop, up to three connections to Redis, sentinels, the resolver */
	REFUSED_MAX = 64,
	REFUSED_SHARE = 8,
};

size_t
descriptors_raise(void)
{
	struct rlimit limit = { 0 }, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	raised = (struct rlimit){ .rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max };
	return (size_t)(setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised : limit).rlim_cur;
}

size_t
descriptors_refused_max(size_t connections)
{
	size_t share = connections / REFUSED_SHARE + 1;

	return share < REFUSED_MAX ? share : REFUSED_MAX;
}

size_t
descriptors_for_connections(size_t limit, size_t workers)
{
	size_t kept = KEPT + KEPT_BY_WORKER * workers;
	size_t each = limit > kept ? (limit - kept) / workers : 0;
	size_t refused = descriptors_refused_max(each * REFUSED_SHARE / (REFUSED_SHARE + 1));

	/* One more is open between its acceptance and its end. */
	return each > refused + 1 ? each - refused - 1 : 1;
}
