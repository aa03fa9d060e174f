/* Arguments of any length, and the lines of items: what one holds, and what none can hold. */
#include "redis/script_args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Starts an item of agent_assign with these values; the others are "". */
static void
start_item(struct script_args *a, const char *id, const char *services, const char *terms)
{
	size_t i;

	script_args_init(a, SCRIPT_AGENT_ASSIGN);
	for (i = 0; i < AGENT_ASSIGN_ITEM_COUNT; i++)
		script_args_add_str(a, i,
		    i == AGENT_ASSIGN_ITEM_AGENT_ID       ? id
		        : i == AGENT_ASSIGN_ITEM_SERVICES ? services
		        : i == AGENT_ASSIGN_ITEM_TERMS    ? terms
		                                          : "");
}

static void
arguments_are_of_any_length(void **state)
{
	struct script_args args;
	char large[5000];
	size_t i;

	(void)state;
	memset(large, 'x', sizeof(large));
	script_args_init(&args, SCRIPT_NODE_REGISTER);
	for (i = 0; i < SCRIPT_ARGS_MAX; i++)
		script_args_add(&args, i, large, sizeof(large) - i);
	assert_int_equal(args.count, SCRIPT_ARGS_MAX);
	for (i = 0; i < SCRIPT_ARGS_MAX; i++) {
		assert_int_equal(args.arg[i].len, sizeof(large) - i);
		assert_int_equal(script_args_get(&args, i)[args.arg[i].len], '\0');
	}
	script_args_fini(&args);
	assert_int_equal(args.count, 0);
}

static void
an_argument_can_be_replaced_by_another(void **state)
{
	struct script_args args;

	(void)state;
	script_args_init(&args, SCRIPT_LEADER_RESIGN);
	args.urgent = true;
	script_args_add_str(&args, LEADER_RESIGN_ARG_ID, "");
	script_args_add_str(&args, LEADER_RESIGN_ARG_NONCE, "n");
	script_args_set(
	    &args, LEADER_RESIGN_ARG_ID, script_args_get(&args, LEADER_RESIGN_ARG_NONCE), 1);
	assert_string_equal(script_args_get(&args, LEADER_RESIGN_ARG_ID), "n");
	assert_string_equal(script_args_get(&args, LEADER_RESIGN_ARG_NONCE), "n");
	assert_true(args.urgent);
	script_args_fini(&args);
}

static void
a_line_ends_with_its_last_column_that_is_not_empty(void **state)
{
	struct buf lines = BUF_INIT;
	struct script_args args;
	size_t len;

	(void)state;
	start_item(&args, "a", "s,t", "queue");
	assert_null(script_args_add_line(&args, &lines));
	script_args_fini(&args);
	start_item(&args, "b", "", "");
	assert_null(script_args_add_line(&args, &lines));
	script_args_fini(&args);
	assert_string_equal(buf_str(&lines), "a\ts,t\t\t\tqueue\nb\n");
	assert_memory_equal(
	    script_line_column(lines.data, AGENT_ASSIGN_ITEM_SERVICES, &len), "s,t\t", 4);
	assert_int_equal(len, 3);
	assert_memory_equal(
	    script_line_column(lines.data, AGENT_ASSIGN_ITEM_TERMS, &len), "queue\nb", 7);
	assert_int_equal(len, 5);
	script_line_column(strchr(lines.data, '\n') + 1, AGENT_ASSIGN_ITEM_TERMS, &len);
	assert_int_equal(len, 0);
	buf_fini(&lines);
}

static void
a_packed_item_takes_the_place_of_its_columns(void **state)
{
	struct script_args args;

	(void)state;
	start_item(&args, "a", "s", "");
	args.coalesce = true;
	assert_null(script_args_pack(&args));
	assert_true(args.single && args.coalesce);
	assert_int_equal(args.count, 2);
	assert_string_equal(script_args_get(&args, AGENT_ASSIGN_ARG_LINES), "a\ts\n");
	assert_string_equal(script_args_get(&args, AGENT_ASSIGN_ARG_ALL), "1");
	script_args_fini(&args);
	/* This script has no use for `all`. */
	script_args_init(&args, SCRIPT_AGENT_GET);
	script_args_add_str(&args, AGENT_GET_ITEM_AGENT_ID, "a");
	assert_null(script_args_pack(&args));
	assert_int_equal(args.count, AGENT_GET_ARG_COUNT);
	script_args_fini(&args);
}

static void
no_item_holds_a_separator(void **state)
{
	static const struct {
		const char *id, *services, *terms, *column;
	} cases[] = {
		{ "a\tb", "", "", "agent_id" },
		{ "a\n", "", "", "agent_id" },
		{ "a", "\t", "", "services" },
		{ "a", "s\nb", "1", "services" },
		{ "a", "s", "\n", "terms" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf lines = BUF_INIT;
		struct script_args args;

		buf_add_str(&lines, "z\n");
		start_item(&args, cases[i].id, cases[i].services, cases[i].terms);
		assert_string_equal(script_args_add_line(&args, &lines), cases[i].column);
		assert_string_equal(buf_str(&lines), "z\n");
		assert_string_equal(script_args_pack(&args), cases[i].column);
		assert_int_equal(args.count, AGENT_ASSIGN_ITEM_COUNT);
		assert_false(args.single);
		script_args_fini(&args);
		buf_fini(&lines);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_of_any_length),
		cmocka_unit_test(an_argument_can_be_replaced_by_another),
		cmocka_unit_test(a_line_ends_with_its_last_column_that_is_not_empty),
		cmocka_unit_test(a_packed_item_takes_the_place_of_its_columns),
		cmocka_unit_test(no_item_holds_a_separator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
