/* Times as text, and clocks that advance. */
#include "base/clock.h"

#include "base/error.h"
#include "support/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void
a_time_is_rfc_3339_utc_with_milliseconds(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ 999, "1970-01-01T00:00:00.999Z" },
		{ 1000, "1970-01-01T00:00:01.000Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 1763936000123, "2025-11-23T22:13:20.123Z" },
		{ 2147483648000, "2038-01-19T03:14:08.000Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	};
	char out[CLOCK_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		assert_ptr_equal(clock_text(cases[i].ms, out), out);
		assert_string_equal(out, cases[i].text);
	}
}

static void
each_day_has_the_calendars_date(void **state)
{
	char out[CLOCK_TEXT_SIZE], expected[CLOCK_TEXT_SIZE];
	time_t day = 86400, s;

	(void)state;
	/* Up to the year 2500, which takes in all kinds of leap years. */
	for (s = 0; s < day * 366 * 530; s += day + 61) {
		struct tm tm;

		gmtime_r(&s, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.042Z", &tm);
		assert_string_equal(clock_text((int64_t)s * 1000 + 42, out), expected);
	}
}

static bool
has_moved(void *arg)
{
	return clock_mono_ms() > *(const int64_t *)arg;
}

static void
the_monotonic_clock_goes_forward(void **state)
{
	int64_t last = clock_mono_ms(), start = last;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		int64_t now = clock_mono_ms();

		assert_true(now >= last);
		last = now;
	}
	assert_true(poll_until(has_moved, &start, PROCESS_WAIT_MS));
}

static void
the_wall_clock_is_the_systems(void **state)
{
	int64_t before = (int64_t)time(NULL) - 1;
	int64_t now = clock_wall_ms();
	int64_t after = (int64_t)time(NULL) + 1;

	(void)state;
	assert_true(now >= before * 1000);
	assert_true(now <= after * 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_rfc_3339_utc_with_milliseconds),
		cmocka_unit_test(each_day_has_the_calendars_date),
		cmocka_unit_test(the_monotonic_clock_goes_forward),
		cmocka_unit_test(the_wall_clock_is_the_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
