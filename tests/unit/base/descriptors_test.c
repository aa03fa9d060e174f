/* The limit of file descriptors, and how it is divided. */
#include "base/descriptors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

static void
the_soft_limit_is_raised_to_the_hard_one(void **state)
{
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(descriptors_raise() == limit.rlim_max);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(limit.rlim_cur == limit.rlim_max);
}

/* All connections of all workers together leave some descriptors, unless the limit is tiny. */
static void
connections_leave_descriptors_for_everything_else(void **state)
{
	size_t limit, workers;

	(void)state;
	for (workers = 1; workers <= 64; workers *= 2) {
		for (limit = 100 * workers; limit <= 2000000; limit = limit * 5 / 4) {
			size_t most = descriptors_for_connections(limit, workers);
			size_t used = workers * (most + descriptors_refused_max(most) + 1);

			assert_in_range(limit - used, 24 * workers, limit);
			assert_true(limit - used < 24 + 27 * workers);
		}
		assert_int_equal(descriptors_for_connections(0, workers), 1);
		assert_int_equal(descriptors_for_connections(20 * workers, workers), 1);
	}
	assert_true(descriptors_for_connections(16384, 1) >= 10000);
	assert_true(descriptors_for_connections(SIZE_MAX, 64) > 1000000);
}

static void
some_that_are_too_many_are_told_so(void **state)
{
	(void)state;
	assert_int_equal(descriptors_refused_max(1), 1);
	assert_int_equal(descriptors_refused_max(80), 11);
	assert_int_equal(descriptors_refused_max(10000), 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_soft_limit_is_raised_to_the_hard_one),
		cmocka_unit_test(connections_leave_descriptors_for_everything_else),
		cmocka_unit_test(some_that_are_too_many_are_told_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
