/* Observations of Redis: what breaks the continuity, what does not, and the window of a call. */
#include "cluster/continuity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SLACK = 4500, TTL = 9000 };

static const int64_t epoch = 1800000000000; /* Redis' clock when ours is 0 */

/* An observation at `now` that took 2 ms and found Redis' clock `ahead` of where it should be. */
static const char *
see(struct continuity *c, int64_t now, int64_t ahead)
{
	return continuity_observe(c, now - 1, now + 1, epoch + now + ahead, "run");
}

static void
the_first_sighting_begins_it(void **state)
{
	struct continuity c;

	(void)state;
	continuity_init(&c, SLACK);
	assert_false(continuity_lasts(&c, 1000000, 0));
	assert_non_null(see(&c, 1000, 0));
	assert_true(continuity_lasts(&c, 1001, 0));
	assert_false(continuity_lasts(&c, 1000 + TTL, TTL));
	assert_true(continuity_lasts(&c, 1001 + TTL, TTL));
}

static void
regular_sightings_keep_it(void **state)
{
	struct continuity c;
	int64_t now;

	(void)state;
	continuity_init(&c, SLACK);
	see(&c, 1000, 0);
	for (now = 2500; now < 20000; now += 1500)
		assert_null(see(&c, now, 0));
	assert_true(continuity_lasts(&c, now, TTL));
}

static void
a_gap_longer_than_the_slack_breaks_it(void **state)
{
	struct continuity c;

	(void)state;
	continuity_init(&c, SLACK);
	see(&c, 1000, 0);
	assert_null(see(&c, 1000 + SLACK, 0));
	assert_non_null(see(&c, 1000 + 2 * SLACK + 1, 0));
	assert_false(continuity_lasts(&c, 1000 + 2 * SLACK + 1000, TTL));
	assert_null(see(&c, 1000 + 3 * SLACK, 0));
}

static void
a_clock_that_is_set_breaks_it_either_way(void **state)
{
	static const int64_t jumps[] = { SLACK + 10, -SLACK - 10, 3600000, -3600000 };
	struct continuity c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		continuity_init(&c, SLACK);
		see(&c, 1000, 0);
		assert_non_null(see(&c, 2000, jumps[i]));
		/* From then on the new clock is the reference. */
		assert_null(see(&c, 3000, jumps[i]));
	}
}

static void
a_clock_that_drifts_within_the_slack_does_not(void **state)
{
	struct continuity c;

	(void)state;
	continuity_init(&c, SLACK);
	see(&c, 1000, 0);
	assert_null(see(&c, 2000, SLACK - 10));
	assert_null(see(&c, 3000, 0));
}

static void
a_slow_answer_is_no_jump(void **state)
{
	struct continuity c;

	(void)state;
	continuity_init(&c, SLACK);
	see(&c, 1000, 0);
	/* Sent at 1500, carried out at 1600 or at 3900, answered at 4000. */
	assert_null(continuity_observe(&c, 1500, 4000, epoch + 1600, "run"));
	continuity_init(&c, SLACK);
	see(&c, 1000, 0);
	assert_null(continuity_observe(&c, 1500, 4000, epoch + 3900, "run"));
}

static void
another_run_id_breaks_it(void **state)
{
	struct continuity c;

	(void)state;
	continuity_init(&c, SLACK);
	see(&c, 1000, 0);
	assert_non_null(continuity_observe(&c, 1099, 1101, epoch + 1100, "another"));
	assert_null(continuity_observe(&c, 1199, 1201, epoch + 1200, "another"));
}

static void
it_can_be_broken_by_hand(void **state)
{
	struct continuity c;

	(void)state;
	continuity_init(&c, SLACK);
	see(&c, 1000, 0);
	continuity_break(&c, 5000);
	assert_false(continuity_lasts(&c, 5000 + TTL - 1, TTL));
	assert_true(continuity_lasts(&c, 5000 + TTL, TTL));
}

static void
the_window_is_as_wide_as_the_slack(void **state)
{
	struct continuity c;
	int64_t earliest, latest;

	(void)state;
	continuity_init(&c, SLACK);
	see(&c, 1000, 0);
	continuity_window(&c, 1250, &earliest, &latest);
	/* The observation was between 999 and 1001. */
	assert_int_equal(earliest, epoch + 1249 - SLACK);
	assert_int_equal(latest, epoch + 1251 + SLACK);
}

int
main(void)
{
	const struct CMUnitTest continuity[] = {
		cmocka_unit_test(the_first_sighting_begins_it),
		cmocka_unit_test(regular_sightings_keep_it),
		cmocka_unit_test(a_gap_longer_than_the_slack_breaks_it),
		cmocka_unit_test(a_clock_that_is_set_breaks_it_either_way),
		cmocka_unit_test(a_clock_that_drifts_within_the_slack_does_not),
		cmocka_unit_test(a_slow_answer_is_no_jump),
		cmocka_unit_test(another_run_id_breaks_it),
		cmocka_unit_test(it_can_be_broken_by_hand),
		cmocka_unit_test(the_window_is_as_wide_as_the_slack),
	};

	return cmocka_run_group_tests(continuity, NULL, NULL);
}
