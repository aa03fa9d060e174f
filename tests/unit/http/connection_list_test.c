/* The list of connections: who gets a turn, and when it is empty. */
#include "http/connection_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct event_base *base;
static struct connection_list list;
static struct connection_entry entries[3];
static size_t turns[3];
static size_t emptied;

/* The first entry removes itself and the second one, and makes the third one ready. */
static void
take_turn(struct connection_entry *e)
{
	turns[e - entries]++;
	if (e != &entries[0])
		return;
	connection_list_remove(&list, &entries[0]);
	connection_list_remove(&list, &entries[1]);
	connection_list_make_ready(&list, &entries[2]);
}

static void
on_empty(void *arg)
{
	assert_ptr_equal(arg, &emptied);
	emptied++;
}

static int
setup(void **state)
{
	size_t i;

	(void)state;
	memset(turns, 0, sizeof(turns));
	emptied = 0;
	base = event_base_new();
	connection_list_init(&list, base, take_turn);
	for (i = 0; i < 3; i++)
		connection_list_add(&list, &entries[i], i == 2);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	connection_list_fini(&list);
	event_base_free(base);
	return 0;
}

static void
the_refused_are_counted_apart(void **state)
{
	(void)state;
	assert_int_equal(list.n_open, 2);
	assert_int_equal(list.n_refused, 1);
	connection_list_remove(&list, &entries[2]);
	connection_list_remove(&list, &entries[0]);
	assert_int_equal(list.n_open, 1);
	assert_int_equal(list.n_refused, 0);
	assert_ptr_equal(connection_list_first(&list), &entries[1]);
}

static void
a_ready_entry_gets_one_turn(void **state)
{
	(void)state;
	connection_list_make_ready(&list, &entries[1]);
	connection_list_make_ready(&list, &entries[1]);
	assert_int_equal(turns[1], 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(turns[1], 1);
	assert_int_equal(turns[0] + turns[2], 0);
	connection_list_make_ready(&list, &entries[1]);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(turns[1], 2);
}

static void
a_turn_may_remove_entries_and_make_others_ready(void **state)
{
	(void)state;
	connection_list_make_all_ready(&list);
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(turns[0], 1);
	assert_int_equal(turns[1], 0);
	assert_int_equal(turns[2], 1);
	assert_ptr_equal(connection_list_first(&list), &entries[2]);
}

static void
it_tells_when_the_last_entry_has_gone(void **state)
{
	size_t i;

	(void)state;
	connection_list_on_empty(&list, on_empty, &emptied);
	for (i = 0; i < 3; i++) {
		assert_int_equal(emptied, 0);
		connection_list_remove(&list, &entries[i]);
	}
	assert_int_equal(emptied, 1);
	assert_null(connection_list_first(&list));
	connection_list_on_empty(&list, on_empty, &emptied);
	assert_int_equal(emptied, 2);
}

#define list_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		list_test(the_refused_are_counted_apart),
		list_test(a_ready_entry_gets_one_turn),
		list_test(a_turn_may_remove_entries_and_make_others_ready),
		list_test(it_tells_when_the_last_entry_has_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
