/* Usage of the process, parsed from known texts and read from the kernel. */
#include "base/process_usage.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void
the_fields_are_counted_from_after_the_name(void **state)
{
	double ticks = (double)sysconf(_SC_CLK_TCK);
	struct process_usage u;

	(void)state;
	/* A name may have spaces and parentheses. */
	assert_int_equal(
	    process_usage_parse_stat("7 (a) b (c)) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 "
	                             "20 0 3 0 1000 8192000 25 18446744073709551615 1",
	        1700000000, &u),
	    0);
	assert_true(u.cpu_s == 300 / ticks);
	assert_true(u.threads == 3);
	assert_true(u.started_s == 1700000000 + 1000 / ticks);
	assert_true(u.virtual_bytes == 8192000);
	assert_true(u.resident_bytes == 25 * (double)sysconf(_SC_PAGESIZE));
}

static void
what_is_not_the_kernels_is_refused(void **state)
{
	static const char *const texts[] = { "", "7 (a", "7 (a) S", "7 (a) S 1 2 3",
		"7 (a) S 1 7 7 0 -1 x 100 0 0 0 250 50 0 0 20 0 3 0 1000 8192000 25" };
	struct process_usage u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(process_usage_parse_stat(texts[i], 0, &u), -1);
}

static void
open_descriptors_are_counted(void **state)
{
	struct process_usage before, after;
	struct rlimit limit;
	int fd[3], i;

	(void)state;
	process_usage_read("/proc", &before);
	for (i = 0; i < 3; i++)
		fd[i] = open("/dev/null", O_RDONLY);
	process_usage_read("/proc", &after);
	for (i = 0; i < 3; i++)
		close(fd[i]);
	assert_true(before.fds >= 3);
	assert_true(after.fds - before.fds == 3);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(after.fds_max == (double)limit.rlim_cur);
}

static void
cpu_memory_and_start_are_this_processes(void **state)
{
	enum { SIZE = 32 * 1024 * 1024 };
	struct process_usage before, after;
	char *block;

	(void)state;
	process_usage_read("/proc", &before);
	block = malloc(SIZE);
	assert_non_null(block);
	memset(block, 1, SIZE);
	do
		process_usage_read("/proc", &after);
	while (after.cpu_s <= before.cpu_s);
	assert_int_equal(block[SIZE - 1], 1);
	free(block);
	assert_true(after.resident_bytes - before.resident_bytes > 0.9 * SIZE);
	assert_true(after.virtual_bytes >= after.resident_bytes);
	assert_true(after.threads == 1);
	/* The kernel tells the start of the machine only to the second. */
	assert_in_range((long)after.started_s, (long)time(NULL) - 60, (long)time(NULL) + 2);
	assert_true(after.started_s == before.started_s);
}

/* Absent, rather than 0, which looks like an idle process. */
static void
what_cannot_be_read_is_unknown(void **state)
{
	struct process_usage u;

	(void)state;
	process_usage_read("/nowhere", &u);
	assert_true(u.cpu_s == -1 && u.resident_bytes == -1 && u.virtual_bytes == -1);
	assert_true(u.threads == -1 && u.fds == -1 && u.started_s == -1);
	assert_true(u.fds_max > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fields_are_counted_from_after_the_name),
		cmocka_unit_test(what_is_not_the_kernels_is_refused),
		cmocka_unit_test(open_descriptors_are_counted),
		cmocka_unit_test(cpu_memory_and_start_are_this_processes),
		cmocka_unit_test(what_cannot_be_read_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
