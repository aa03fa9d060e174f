/* -dev where its redis-server cannot run: the process ends and says what is wrong and what to do. */
#include "support/cluster.h"

#include <stdio.h>
#include <sys/stat.h>

static char data_dir[160];

static int
dev_setup(void **state)
{
	static int serial;

	(void)state;
	snprintf(data_dir, sizeof(data_dir), "%s/data-%d", test_dir(), ++serial);
	return 0;
}

static int
dev_teardown(void **state)
{
	(void)state;
	api_reset();
	return 0;
}

/* Expects that the start fails, and that the output has these texts; NULL ends them. */
static void
check_failure(const char *const says[])
{
	char *text;
	int status = musterd_run(
	    (const char *[]){ "-dev", "-port", "0", "-cluster", "n1", "-data-dir", data_dir, NULL },
	    &text);
	size_t i;

	assert_in_range(status, 1, 2);
	for (i = 0; says[i] != NULL; i++)
		if (strstr(text, says[i]) == NULL)
			fail_msg("'%s' is not in:\n%s", says[i], text);
	free(text);
}

static void
without_redis_server_it_says_what_to_install(void **state)
{
	char *path = strdup(getenv("PATH"));

	(void)state;
	setenv("PATH", "/nowhere", 1);
	check_failure((const char *[]){
	    "redis-server: No such file or directory", "install redis-server", "-redis", NULL });
	setenv("PATH", path, 1);
	free(path);
}

static void
a_corrupt_append_only_file_is_told_with_its_repair(void **state)
{
	const char *aof = fmt("%s/appendonlydir", data_dir);

	(void)state;
	assert_int_equal(mkdir(data_dir, 0700), 0);
	assert_int_equal(mkdir(aof, 0700), 0);
	assert_true(file_write(fmt("%s/redis.log", data_dir), "a line of an earlier run\n"));
	assert_true(file_write(fmt("%s/appendonly.aof.manifest", aof),
	    "file appendonly.aof.1.incr.aof seq 1 type i\n"));
	assert_true(file_write(fmt("%s/appendonly.aof.1.incr.aof", aof),
	    "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\nno command of Redis\r\n"));
	check_failure((const char *[]){ "error redis-server: ", "Bad file format",
	    fmt("redis-check-aof --fix %s/appendonlydir/appendonly.aof.manifest", data_dir),
	    "-data-dir", NULL });
}

static void
another_reason_is_told_with_the_lines_of_redis_log(void **state)
{
	(void)state;
	assert_int_equal(mkdir(data_dir, 0700), 0);
	assert_int_equal(mkdir(fmt("%s/appendonlydir", data_dir), 0700), 0);
	assert_true(
	    file_write(fmt("%s/appendonlydir/appendonly.aof.manifest", data_dir), "nonsense\n"));
	check_failure((const char *[]){
	    "error redis-server: ", "manifest", fmt("%s/redis.log", data_dir), NULL });
}

#define dev_test(fn) cmocka_unit_test_setup_teardown(fn, dev_setup, dev_teardown)

int
main(void)
{
	const struct CMUnitTest process_dev[] = {
		dev_test(without_redis_server_it_says_what_to_install),
		dev_test(a_corrupt_append_only_file_is_told_with_its_repair),
		dev_test(another_reason_is_told_with_the_lines_of_redis_log),
	};

	return test_program(process_dev);
}
