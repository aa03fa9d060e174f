/* Usage of the machine: the parsers with known texts, this machine, and machines made of files. */
#include "cluster/machine_usage.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log_writer.h"
#include "support/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void
cpu_ticks_are_busy_but_for_idle_and_waiting(void **state)
{
	static const struct {
		const char *text;
		uint64_t busy, total;
	} cases[] = {
		{ "cpu  2255 34 2290 22625563 6290 127 456 12 0 0\n"
		  "cpu0 1132 34 1441 11311718 3675 127 438 0 0 0\nintr 114930548\n",
		    2255 + 34 + 2290 + 127 + 456 + 12,
		    2255 + 34 + 2290 + 127 + 456 + 12 + 22625563 + 6290 },
		{ "cpu  1 2 3 4 5 6 7 8 900 900\n", 1 + 2 + 3 + 6 + 7 + 8,
		    36 }, /* guest time is part of user time */
		{ "cpu  1 2 3 4\n", 6, 10 },
		{ "cpu 0 0 0 0 0 0 0 0\n", 0, 0 },
		{ "cpu  18446744073709551614 0 0 1 0 0 0 0\n", UINT64_MAX - 1, UINT64_MAX },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t busy = 77, total = 77;

		assert_int_equal(machine_usage_parse_cpu(cases[i].text, &busy, &total), 0);
		assert_true(busy == cases[i].busy);
		assert_true(total == cases[i].total);
	}
}

static void
a_broken_cpu_line_is_refused(void **state)
{
	static const char *const texts[] = { "", "\n", "cpu", "cpu  1 2 3\n", "cpu  a b c d\n",
		"intr 1 2 3 4\n", "CPU 1 2 3 4\n" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		uint64_t busy = 77, total = 78;

		assert_int_equal(machine_usage_parse_cpu(texts[i], &busy, &total), -1);
		assert_int_equal(busy, 77);
		assert_int_equal(total, 78);
	}
}

static void
memory_is_what_is_not_available(void **state)
{
	static const struct {
		const char *text;
		double percent;
	} cases[] = {
		{ "MemTotal:       16000000 kB\nMemFree:         1000000 kB\n"
		  "MemAvailable:   12000000 kB\nBuffers:           20000 kB\n",
		    25 },
		{ "MemAvailable: 0 kB\nMemTotal: 8 kB\n", 100 },
		{ "MemTotal: 8 kB\nMemAvailable: 8 kB\n", 0 },
		/* Broken texts and impossible values. */
		{ "", -1 },
		{ "MemTotal: 8 kB\n", -1 },
		{ "MemAvailable: 8 kB\n", -1 },
		{ "MemTotal: 0 kB\nMemAvailable: 0 kB\n", -1 },
		{ "MemTotal: 8 kB\nMemAvailable: 9 kB\n", -1 },
		{ "MemTotal: x kB\nMemAvailable: y kB\n", -1 },
	};
	double total;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		assert_true(fabs(machine_usage_parse_memory(cases[i].text, &total) -
		                cases[i].percent) < 1e-9);
}

static bool
percent(double v)
{
	return v >= 0 && v <= 100;
}

struct reading {
	struct machine_probe probe;
	struct machine_usage usage;
};

/* Reads again, until there is a figure of the CPU; the polling itself keeps it busy. */
static bool
is_busy(void *arg)
{
	struct reading *r = arg;

	machine_probe_read(&r->probe, &r->usage);
	assert_true(percent(r->usage.memory));
	assert_true(percent(r->usage.disk));
	assert_true(r->usage.load_average >= 0);
	return r->usage.cpu > 0;
}

static void
this_machine_has_figures_within_their_ranges(void **state)
{
	struct reading r;

	(void)state;
	machine_probe_init(&r.probe, "/proc", "/sys/fs/cgroup", "/tmp");
	assert_true(poll_until(is_busy, &r, PROCESS_WAIT_MS));
	assert_true(percent(r.usage.cpu));
	assert_true(r.usage.memory > 0);
}

/* A machine made of files: those of /proc and of the control groups. */
static struct machine {
	char proc[160], cgroup[160];
	struct machine_probe probe;
	struct machine_usage usage;
} machine;

/* Writes a file, with the folders above it. */
static void
put(const char *root, const char *name, const char *text)
{
	const char *path = fmt("%s/%s", root, name);
	char part[512];
	const char *slash = path;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		assert_true(mkdir(part, 0700) == 0 || errno == EEXIST);
	}
	assert_true(file_write(path, text));
}

static int
machine_setup(void **state)
{
	static int serial;

	(void)state;
	snprintf(machine.proc, sizeof(machine.proc), "%s/%d/proc", test_dir(), ++serial);
	snprintf(machine.cgroup, sizeof(machine.cgroup), "%s/%d/cgroup", test_dir(), serial);
	put(machine.proc, "stat", "cpu  1000 0 0 9000 0 0 0 0\n");
	put(machine.proc, "meminfo", "MemTotal: 1000000 kB\nMemAvailable: 750000 kB\n");
	put(machine.proc, "loadavg", "1.50 1.00 0.50 1/100 4242\n");
	put(machine.proc, "self/cgroup", "0::/\n");
	return 0;
}

static void
machine_init(void)
{
	machine_probe_init(&machine.probe, machine.proc, machine.cgroup, test_dir());
}

/* Reads the usage as if `ms` had passed since the last sample of the CPU. */
static void
read_after(long ms)
{
	machine.probe.last.at_us = clock_mono_us() - (int64_t)ms * 1000;
	machine_probe_read(&machine.probe, &machine.usage);
}

static bool
near(double a, double b)
{
	return fabs(a - b) < 0.5;
}

static void
the_first_cpu_figure_is_absent_until_it_covers_some_time(void **state)
{
	(void)state;
	machine_init();
	put(machine.proc, "stat", "cpu  1001 0 0 9000 0 0 0 0\n");
	machine_probe_read(&machine.probe, &machine.usage);
	assert_true(machine.usage.cpu == -1);
	assert_true(near(machine.usage.memory, 25));
	assert_true(near(machine.usage.load_average, 1.5));
	put(machine.proc, "stat", "cpu  1030 0 0 9070 0 0 0 0\n");
	read_after(1000);
	assert_true(near(machine.usage.cpu, 30));
	/* A call too soon repeats the figure. */
	put(machine.proc, "stat", "cpu  1031 0 0 9070 0 0 0 0\n");
	machine_probe_read(&machine.probe, &machine.usage);
	assert_true(near(machine.usage.cpu, 30));
	read_after(1000);
	assert_true(near(machine.usage.cpu, 100));
}

static void
ticks_that_went_back_are_no_figure(void **state)
{
	static const char *const later[] = { "cpu  900 0 0 9900 0 0 0 0\n",
		"cpu  1001 0 0 8000 0 0 0 0\n", "cpu  1000 0 0 9000 0 0 0 0\n" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(later); i++) {
		put(machine.proc, "stat", "cpu  1000 0 0 9000 0 0 0 0\n");
		machine_init();
		put(machine.proc, "stat", later[i]);
		read_after(1000);
		assert_true(machine.usage.cpu == -1);
	}
}

static void
what_cannot_be_read_is_told_once_and_reported_as_nothing(void **state)
{
	int ends[2], before = dup(STDERR_FILENO);
	char text[4096];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	dup2(ends[1], STDERR_FILENO);
	machine_probe_init(&machine.probe, "/nowhere", "/nowhere", "/nowhere/at-all");
	read_after(1000);
	read_after(1000);
	assert_true(log_writer_drain(PROCESS_WAIT_MS));
	dup2(before, STDERR_FILENO);
	close(before);
	close(ends[1]);
	n = read(ends[0], text, sizeof(text) - 1);
	close(ends[0]);
	assert_true(n > 0);
	text[n] = '\0';
	assert_true(machine.usage.cpu == -1 && machine.usage.memory == -1);
	assert_true(machine.usage.disk == -1 && machine.usage.load_average == -1);
	assert_non_null(strstr(text, "/nowhere/stat cannot be read: no cpu usage is reported\n"));
	assert_non_null(
	    strstr(text, "/nowhere/meminfo cannot be read: no memory usage is reported\n"));
	assert_non_null(strstr(text, "/nowhere/loadavg cannot be read: no load average usage is"));
	assert_non_null(
	    strstr(text, "/nowhere/at-all cannot be read: no disk usage is reported\n"));
	for (n = 0; strchr(text, '\n') != NULL; n++)
		*strchr(text, '\n') = ' ';
	assert_int_equal(n, 4);
}

static void
limits_of_version_2_count_instead_of_the_machine(void **state)
{
	const char *root = machine.cgroup;

	(void)state;
	put(machine.proc, "self/cgroup", "0::/pod/container\n");
	put(root, "pod/cpu.max", "50000 100000\n");
	put(root, "pod/cpu.stat", "usage_usec 1000000\nnr_periods 10\nnr_throttled 2\n");
	put(root, "pod/container/cpu.max", "max 100000\n");
	put(root, "pod/container/cpu.stat", "usage_usec 400000\nnr_periods 0\nnr_throttled 0\n");
	put(root, "pod/container/memory.max", "104857600\n");
	put(root, "pod/container/memory.current", "62914560\n");
	put(root, "pod/container/memory.stat", "anon 1\nfile 9\ninactive_file 10485760\n");
	put(root, "pod/memory.max", "max\n");
	put(root, "pod/memory.current", "999999999\n");
	machine_init();
	/* In 10 s, 2 s of half a processor's 5 s. */
	put(root, "pod/cpu.stat", "usage_usec 3000000\nnr_periods 110\nnr_throttled 12\n");
	read_after(10000);
	assert_true(near(machine.usage.cpu, 40));
	assert_true(near(machine.usage.memory, 50));
	/* It was stopped in three of four periods. */
	put(root, "pod/cpu.stat", "usage_usec 5000000\nnr_periods 210\nnr_throttled 87\n");
	read_after(10000);
	assert_true(near(machine.usage.cpu, 75));
}

static void
limits_of_version_1_count_instead_of_the_machine(void **state)
{
	static const char *const places[] = { "docker/abc/", "" };
	const char *root = machine.cgroup;
	size_t i;

	(void)state;
	put(machine.proc, "self/cgroup",
	    "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n2:pids:/\n0::/\n");
	/* The second time as in a container that sees its own group at the root of the tree. */
	for (i = 0; i < ARRAY_LEN(places); i++) {
		const char *cpu = fmt("%s/%zu/cpu,cpuacct/%s", root, i, places[i]);
		const char *memory = fmt("%s/%zu/memory/%s", root, i, places[i]);

		put(cpu, "cpu.cfs_quota_us", "200000\n");
		put(cpu, "cpu.cfs_period_us", "100000\n");
		put(cpu, "cpu.stat", "nr_periods 10\nnr_throttled 10\nthrottled_time 5\n");
		put(cpu, "cpuacct.usage", "7000000000\n");
		put(memory, "memory.limit_in_bytes", "104857600\n");
		put(memory, "memory.usage_in_bytes", "104857600\n");
		put(memory, "memory.stat", "inactive_file 9\ntotal_inactive_file 26214400\n");
		machine_probe_init(
		    &machine.probe, machine.proc, fmt("%s/%zu", root, i), test_dir());
		put(cpu, "cpuacct.usage", "12000000000\n");
		read_after(10000);
		assert_true(near(machine.usage.cpu, 25));
		assert_true(near(machine.usage.memory, 75));
	}
}

static void
groups_without_a_limit_leave_the_figures_of_the_machine(void **state)
{
	static const char *const lines[] = { "0::/\n", "0::/../../other\n", "",
		"nonsense\n1:\n::\n", "3:memory:/\n2:cpuacct:/\n1:cpu:/\n0::/\n" };
	const char *root = machine.cgroup;
	size_t i;

	(void)state;
	put(root, "cpu.max", "max 100000\n");
	put(root, "memory.max", "max\n");
	put(root, "memory.current", "1\n");
	put(root, "cpu/cpu.cfs_quota_us", "-1\n");
	put(root, "cpu/cpu.cfs_period_us", "100000\n");
	put(root, "cpu/cpu.stat", "nr_periods 0\nnr_throttled 0\n");
	put(root, "memory/memory.limit_in_bytes", "9223372036854771712\n");
	put(root, "memory/memory.usage_in_bytes", "1\n");
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		put(machine.proc, "self/cgroup", lines[i]);
		put(machine.proc, "stat", "cpu  1000 0 0 9000 0 0 0 0\n");
		machine_init();
		put(machine.proc, "stat", "cpu  1040 0 0 9060 0 0 0 0\n");
		read_after(1000);
		assert_true(near(machine.usage.cpu, 40));
		assert_true(near(machine.usage.memory, 25));
	}
}

#define machine_test(fn) cmocka_unit_test_setup(fn, machine_setup)

int
main(void)
{
	const struct CMUnitTest machine_usage[] = {
		cmocka_unit_test(cpu_ticks_are_busy_but_for_idle_and_waiting),
		cmocka_unit_test(a_broken_cpu_line_is_refused),
		cmocka_unit_test(memory_is_what_is_not_available),
		cmocka_unit_test(this_machine_has_figures_within_their_ranges),
		machine_test(the_first_cpu_figure_is_absent_until_it_covers_some_time),
		machine_test(ticks_that_went_back_are_no_figure),
		machine_test(what_cannot_be_read_is_told_once_and_reported_as_nothing),
		machine_test(limits_of_version_2_count_instead_of_the_machine),
		machine_test(limits_of_version_1_count_instead_of_the_machine),
		machine_test(groups_without_a_limit_leave_the_figures_of_the_machine),
	};

	return test_program(machine_usage);
}
