/* The checks of a history find every kind of planted violation, and nothing in a correct
 * history. */
#include "chaos/linear.h"
#include "support/cluster.h"

#include <stdio.h>

/* A history made by hand, with small numbers as times. */
struct script {
	struct history h;
	struct findings f;
};

static int
script_setup(void **state)
{
	struct script *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_true(history_init(&s->h, NULL));
	*state = s;
	return 0;
}

static int
script_teardown(void **state)
{
	struct script *s = *state;

	history_fini(&s->h);
	free(s);
	return 0;
}

#define script_test(fn) cmocka_unit_test_setup_teardown(fn, script_setup, script_teardown)

/* Adds an operation on agent "a", called at `called` and returned at `returned`; 0 means never. */
static struct op *
op(struct script *s, int64_t called, int64_t returned, enum op_kind kind, enum outcome outcome,
    const char *node, int64_t epoch)
{
	size_t number = history_call(&s->h, 1, kind, kind == OP_LEADER ? "" : "a", 0);
	struct op *o;

	history_return(&s->h, number, outcome, node, epoch);
	o = &s->h.ops[number - s->h.first];
	o->called = called;
	o->returned = returned != 0 ? returned : INT64_MAX;
	return o;
}

static size_t
check(struct script *s)
{
	linear_check(&s->h, &s->f);
	fencing_check(&s->h, &s->f);
	return s->f.count;
}

/* Fails unless there are findings, and all of them are of this kind. */
static void
check_finds(struct script *s, enum finding_kind kind)
{
	size_t n = check(s);

	if (n == 0 || findings_of(&s->f, kind) != n)
		findings_print(&s->f, 0);
	assert_true(n > 0);
	assert_int_equal(findings_of(&s->f, kind), n);
}

static void
check_clean(struct script *s)
{
	if (check(s) > 0)
		findings_print(&s->f, 0);
	assert_int_equal(s->f.count, 0);
}

static void
a_correct_history_passes(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_GET, OUT_ABSENT, "", 0);
	op(s, 3, 4, OP_ASSIGN, OUT_CREATED, "n1", 100);
	op(s, 5, 6, OP_ASSIGN, OUT_ASSIGNED, "n1", 100);
	op(s, 7, 8, OP_GET, OUT_ASSIGNED, "n2", 200); /* the cluster moved it */
	op(s, 9, 10, OP_RELEASE, OUT_STALE, "", 0)->asked = 100;
	op(s, 11, 12, OP_RELEASE, OUT_RELEASED, "", 0)->asked = 200;
	op(s, 13, 14, OP_RELEASE, OUT_ABSENT, "", 0);
	op(s, 15, 16, OP_ASSIGN, OUT_ABSENT, "", 0);
	op(s, 17, 18, OP_ASSIGN, OUT_QUEUED, "", 300);
	op(s, 19, 20, OP_GET, OUT_PENDING, "", 300);
	op(s, 21, 22, OP_GET, OUT_ASSIGNED, "n3", 400);
	op(s, 23, 24, OP_LEADER, OUT_ASSIGNED, "l1", 10);
	op(s, 25, 26, OP_LEADER, OUT_ASSIGNED, "l1", 10);
	op(s, 27, 28, OP_LEADER, OUT_ASSIGNED, "l2", 11);
	check_clean(s);
}

static void
concurrent_calls_may_take_effect_in_any_order(void **state)
{
	struct script *s = *state;

	op(s, 1, 10, OP_RELEASE, OUT_RELEASED, "", 0);
	op(s, 2, 9, OP_GET, OUT_ABSENT, "", 0);
	op(s, 3, 8, OP_ASSIGN, OUT_ASSIGNED, "n1", 5);
	op(s, 4, 7, OP_ASSIGN, OUT_CREATED, "n1", 5);
	check_clean(s);
}

static void
an_operation_with_unknown_outcome_may_take_effect_late_or_never(void **state)
{
	struct script *s = *state;

	op(s, 1, 0, OP_ASSIGN, OUT_UNKNOWN, "", 0); /* takes effect late */
	op(s, 2, 0, OP_ASSIGN, OUT_UNKNOWN, "", 0); /* never takes effect */
	op(s, 3, 4, OP_GET, OUT_ABSENT, "", 0);
	op(s, 5, 6, OP_GET, OUT_ASSIGNED, "n1", 9);
	op(s, 7, 0, OP_RELEASE, OUT_UNKNOWN, "", 0);
	op(s, 8, 9, OP_GET, OUT_ASSIGNED, "n1", 9);
	op(s, 10, 11, OP_GET, OUT_ABSENT, "", 0);
	check_clean(s);
}

static void
a_settled_operation_takes_no_effect_later(void **state)
{
	struct script *s = *state;

	op(s, 1, 4, OP_ASSIGN, OUT_UNKNOWN, "", 0);
	op(s, 5, 6, OP_GET, OUT_ABSENT, "", 0);
	op(s, 7, 8, OP_GET, OUT_ASSIGNED, "n1", 9);
	check_finds(s, FINDING_NOT_LINEARIZABLE);
}

static void
a_refused_operation_has_no_effect(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_ASSIGN, OUT_NONE, "", 0);
	op(s, 3, 4, OP_GET, OUT_ASSIGNED, "n1", 9);
	check_finds(s, FINDING_NOT_LINEARIZABLE);
}

static void
a_lost_assignment_is_found(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_ASSIGN, OUT_CREATED, "n1", 5);
	op(s, 3, 4, OP_GET, OUT_ABSENT, "", 0);
	check_finds(s, FINDING_NOT_LINEARIZABLE);
}

static void
an_agent_assigned_twice_is_found(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_ASSIGN, OUT_CREATED, "n1", 5);
	op(s, 3, 4, OP_ASSIGN, OUT_CREATED, "n2", 6);
	check_finds(s, FINDING_NOT_LINEARIZABLE);
}

static void
a_release_without_effect_is_found(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_ASSIGN, OUT_CREATED, "n1", 5);
	op(s, 3, 4, OP_RELEASE, OUT_RELEASED, "", 0);
	op(s, 5, 6, OP_GET, OUT_ASSIGNED, "n1", 5);
	check_finds(s, FINDING_NOT_LINEARIZABLE);
}

static void
a_release_with_an_old_epoch_is_found(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_ASSIGN, OUT_CREATED, "n1", 5);
	op(s, 3, 4, OP_GET, OUT_ASSIGNED, "n2", 6);
	op(s, 5, 6, OP_RELEASE, OUT_RELEASED, "", 0)->asked = 5;
	check_finds(s, FINDING_NOT_LINEARIZABLE);
}

static void
two_owners_of_an_epoch_are_found(void **state)
{
	struct script *s = *state;

	op(s, 1, 9, OP_ASSIGN, OUT_CREATED, "n1", 5);
	op(s, 2, 8, OP_GET, OUT_ASSIGNED, "n2", 5);
	check(s);
	assert_int_equal(findings_of(&s->f, FINDING_TWO_OWNERS), 1);
	assert_int_equal(findings_of(&s->f, FINDING_NOT_LINEARIZABLE), 1);
	assert_int_equal(s->f.count, 2);
}

static void
a_stale_epoch_is_found(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_ASSIGN, OUT_CREATED, "n1", 5);
	op(s, 3, 4, OP_GET, OUT_ASSIGNED, "n2", 6);
	op(s, 5, 6, OP_GET, OUT_ASSIGNED, "n1", 5);
	check(s);
	assert_int_equal(findings_of(&s->f, FINDING_EPOCH_BACK), 1);
	assert_int_equal(findings_of(&s->f, FINDING_NOT_LINEARIZABLE), 1);
}

static void
an_epoch_reused_after_a_release_is_found(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_ASSIGN, OUT_CREATED, "n1", 5);
	op(s, 3, 4, OP_RELEASE, OUT_RELEASED, "", 0);
	op(s, 5, 6, OP_ASSIGN, OUT_CREATED, "n1", 5);
	check(s);
	assert_int_equal(findings_of(&s->f, FINDING_EPOCH_AGAIN), 1);
	assert_int_equal(findings_of(&s->f, FINDING_NOT_LINEARIZABLE), 1);
}

static void
two_leaders_of_a_term_are_found(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_LEADER, OUT_ASSIGNED, "l1", 5);
	op(s, 3, 4, OP_LEADER, OUT_ASSIGNED, "l2", 5);
	check_finds(s, FINDING_TWO_LEADERS);
}

static void
a_decreasing_term_is_found(void **state)
{
	struct script *s = *state;

	op(s, 1, 9, OP_LEADER, OUT_ASSIGNED, "l1", 5);
	op(s, 2, 3, OP_LEADER, OUT_ASSIGNED, "l2", 6);
	check_clean(s);
	op(s, 10, 11, OP_LEADER, OUT_ASSIGNED, "l1", 5);
	check_finds(s, FINDING_TERM_BACK);
}

static void
a_phase_starts_where_the_last_one_ended(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_ASSIGN, OUT_CREATED, "n1", 7);
	op(s, 3, 4, OP_LEADER, OUT_ASSIGNED, "l1", 9);
	op(s, 5, 6, OP_GET, OUT_ASSIGNED, "n1", 7)->client = HISTORY_STORE;
	history_next_phase(&s->h);
	assert_int_equal(s->h.n, 2);
	s->h.ops[0].called = s->h.ops[1].called = 7;
	s->h.ops[0].returned = s->h.ops[1].returned = 8;
	op(s, 10, 11, OP_GET, OUT_ASSIGNED, "n1", 7);
	op(s, 12, 13, OP_RELEASE, OUT_RELEASED, "", 0);
	check_clean(s);
	op(s, 14, 15, OP_GET, OUT_ABSENT, "", 0)->client = HISTORY_STORE;
	history_next_phase(&s->h);
	s->h.ops[0].called = s->h.ops[1].called = 16;
	s->h.ops[0].returned = s->h.ops[1].returned = 17;
	op(s, 18, 19, OP_ASSIGN, OUT_CREATED, "n2", 7);
	op(s, 20, 21, OP_LEADER, OUT_ASSIGNED, "l2", 9);
	check(s);
	assert_int_equal(findings_of(&s->f, FINDING_EPOCH_AGAIN), 1);
	assert_int_equal(findings_of(&s->f, FINDING_NOT_LINEARIZABLE), 1);
	assert_int_equal(findings_of(&s->f, FINDING_TWO_LEADERS), 1);
}

/* After a failover, the store may have less than the clients have seen. */
static void
a_phase_may_start_below_seen_epochs_but_not_reuse_them(void **state)
{
	struct script *s = *state;

	op(s, 1, 2, OP_ASSIGN, OUT_CREATED, "n1", 5);
	op(s, 3, 4, OP_GET, OUT_ASSIGNED, "n2", 9);
	op(s, 5, 6, OP_GET, OUT_ASSIGNED, "n1", 5)->client = HISTORY_STORE;
	history_next_phase(&s->h);
	s->h.ops[0].called = 7;
	s->h.ops[0].returned = 8;
	op(s, 9, 10, OP_GET, OUT_ASSIGNED, "n1", 5);
	op(s, 11, 12, OP_RELEASE, OUT_RELEASED, "", 0);
	check_clean(s);
	op(s, 13, 14, OP_ASSIGN, OUT_CREATED, "n3", 9);
	check_finds(s, FINDING_EPOCH_AGAIN);
}

static void
an_answer_from_an_earlier_phase_is_ignored(void **state)
{
	struct script *s = *state;
	size_t number = history_call(&s->h, 1, OP_LEADER, "", 0);
	struct history copy;

	history_next_phase(&s->h);
	op(s, 1, 2, OP_GET, OUT_ABSENT, "", 0);
	history_return(&s->h, number, OUT_ASSIGNED, "l1", 5);
	history_copy(&s->h, &copy);
	assert_int_equal(copy.n, 2);
	assert_int_equal(copy.ops[0].epoch + copy.ops[1].epoch, 0);
	history_fini(&copy);
}

static void
each_agent_is_checked(void **state)
{
	struct script *s = *state;
	struct op *o;

	op(s, 1, 2, OP_ASSIGN, OUT_CREATED, "n1", 5);
	o = op(s, 3, 4, OP_GET, OUT_ASSIGNED, "n1", 5);
	snprintf(o->agent, sizeof(o->agent), "b");
	check_finds(s, FINDING_NOT_LINEARIZABLE);
	assert_string_equal(s->f.kept[0].subject, "b");
}

/* Many unknown outcomes allow many orders. The search must still be short. */
static void
a_long_history_with_unknown_outcomes_is_decided(void **state)
{
	struct script *s = *state;
	int64_t t, epoch = 1;

	for (t = 0; t < 1000; t += 10) {
		op(s, t + 1, 0, OP_ASSIGN, OUT_UNKNOWN, "", 0);
		op(s, t + 2, 0, OP_RELEASE, OUT_UNKNOWN, "", 0);
		op(s, t + 3, t + 4, OP_GET, OUT_ASSIGNED, "n1", ++epoch);
		op(s, t + 5, t + 6, OP_GET, OUT_ABSENT, "", 0);
	}
	check_clean(s);
	op(s, t + 1, t + 2, OP_GET, OUT_ASSIGNED, "n2", epoch);
	check(s);
	assert_int_equal(findings_of(&s->f, FINDING_TWO_OWNERS), 1);
	assert_int_equal(findings_of(&s->f, FINDING_SEARCH_TOO_LONG), 0);
}

static void
the_file_contains_every_operation(void **state)
{
	const char *path = fmt("%s/history", test_dir());
	struct history h;
	char *text;

	(void)state;
	assert_true(history_init(&h, path));
	history_return(&h, history_call(&h, 3, OP_RELEASE, "a-1", 77), OUT_STALE, "", 0);
	history_return(&h, history_call(&h, 4, OP_GET, "a-1", 0), OUT_ASSIGNED, "n1", 78);
	assert_int_equal(h.total, 2);
	history_fini(&h);
	text = file_read(path);
	assert_non_null(strstr(text, " 3 release a-1 77 stale - 0\n"));
	assert_non_null(strstr(text, " 4 get a-1 0 assigned n1 78\n"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest history[] = {
		script_test(a_correct_history_passes),
		script_test(concurrent_calls_may_take_effect_in_any_order),
		script_test(an_operation_with_unknown_outcome_may_take_effect_late_or_never),
		script_test(a_settled_operation_takes_no_effect_later),
		script_test(a_refused_operation_has_no_effect),
		script_test(a_lost_assignment_is_found),
		script_test(an_agent_assigned_twice_is_found),
		script_test(a_release_without_effect_is_found),
		script_test(a_release_with_an_old_epoch_is_found),
		script_test(two_owners_of_an_epoch_are_found),
		script_test(a_stale_epoch_is_found),
		script_test(an_epoch_reused_after_a_release_is_found),
		script_test(two_leaders_of_a_term_are_found),
		script_test(a_decreasing_term_is_found),
		script_test(a_phase_starts_where_the_last_one_ended),
		script_test(a_phase_may_start_below_seen_epochs_but_not_reuse_them),
		script_test(an_answer_from_an_earlier_phase_is_ignored),
		script_test(each_agent_is_checked),
		script_test(a_long_history_with_unknown_outcomes_is_decided),
		cmocka_unit_test(the_file_contains_every_operation),
	};

	return test_program(history);
}
