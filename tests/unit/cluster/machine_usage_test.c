/* Usage of the machine: the parsers with known texts, and this machine. */
#include "cluster/machine_usage.h"

#include "base/error.h"
#include "support/process.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

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
		{ "", 0 },
		{ "MemTotal: 8 kB\n", 0 },
		{ "MemAvailable: 8 kB\n", 0 },
		{ "MemTotal: 0 kB\nMemAvailable: 0 kB\n", 0 },
		{ "MemTotal: 8 kB\nMemAvailable: 9 kB\n", 0 },
		{ "MemTotal: x kB\nMemAvailable: y kB\n", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		assert_true(fabs(machine_usage_parse_memory(cases[i].text) - cases[i].percent) < 1e-9);
}

struct reading {
	struct cpu_ticks *ticks;
	struct machine_usage usage;
};

static bool
percent(double v)
{
	return v >= 0 && v <= 100;
}

/* Reads again, until the CPU was seen busy; the polling itself keeps it busy. */
static bool
is_busy(void *arg)
{
	struct reading *r = arg;
	long until = now_ms() + 30;

	while (now_ms() < until)
		continue;
	machine_usage_read(r->ticks, "/tmp", &r->usage);
	assert_true(percent(r->usage.cpu));
	assert_true(percent(r->usage.memory));
	assert_true(percent(r->usage.disk));
	assert_true(r->usage.load_average >= 0);
	return r->usage.cpu > 0;
}

static void
this_machine_has_figures_within_their_ranges(void **state)
{
	struct cpu_ticks p;
	struct reading r = { .ticks = &p };

	(void)state;
	machine_usage_init(&p);
	assert_true(p.total > 0);
	assert_true(p.busy <= p.total);
	assert_true(poll_until(is_busy, &r, PROCESS_WAIT_MS));
	assert_true(r.usage.memory > 0);
}

/* If the counters went back, as on a machine that was restored, the load is 0. */
static void
ticks_that_went_back_are_no_load(void **state)
{
	struct cpu_ticks p = { .busy = UINT64_MAX, .total = UINT64_MAX };
	struct machine_usage f = { .cpu = 77 };

	(void)state;
	machine_usage_read(&p, "/tmp", &f);
	assert_true(f.cpu == 0);
	assert_true(p.total > 0 && p.total < UINT64_MAX);
	/* Also if only one of the two went back. */
	p = (struct cpu_ticks){ .busy = UINT64_MAX, .total = 0 };
	f.cpu = 77;
	machine_usage_read(&p, "/tmp", &f);
	assert_true(f.cpu == 0);
	p = (struct cpu_ticks){ .busy = 0, .total = UINT64_MAX };
	f.cpu = 77;
	machine_usage_read(&p, "/tmp", &f);
	assert_true(f.cpu == 0);
}

static void
a_path_that_is_not_there_has_no_fullness(void **state)
{
	struct machine_usage f = { .disk = 77 };
	struct cpu_ticks p;

	(void)state;
	machine_usage_init(&p);
	machine_usage_read(&p, "/nowhere/at-all", &f);
	assert_true(f.disk == 0);
	assert_true(f.memory > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_ticks_are_busy_but_for_idle_and_waiting),
		cmocka_unit_test(a_broken_cpu_line_is_refused),
		cmocka_unit_test(memory_is_what_is_not_available),
		cmocka_unit_test(this_machine_has_figures_within_their_ranges),
		cmocka_unit_test(ticks_that_went_back_are_no_load),
		cmocka_unit_test(a_path_that_is_not_there_has_no_fullness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
