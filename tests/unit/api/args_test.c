/* Whole bodies, path parameters and queries: what is accepted, and the text of each refusal. */
#include "fixture.h"

#include "base/id.h"

#include <stdio.h>
#include <string.h>

static const struct in_field three[] = {
	{ 0, "id", IN_ID, .required = true },
	{ 1, "n", IN_INT, 0, 9 },
	{ 2, "services", IN_IDS, 0, 4 },
};

static const struct in_field two[] = {
	{ 0, "n", IN_INT, 0, 9 },
	{ 1, "services", IN_IDS, 0, 4 },
};

static void
fields_come_in_the_tables_order(void **state)
{
	static const char body[] = " {\"services\":[\"s\"],\"n\":1,\"id\":\"a\"}\r\n";
	struct args a;

	(void)state;
	read_body(&a, body, strlen(body), three, ARRAY_LEN(three));
	assert_int_equal(a.failed, ERR_OK);
	assert_int_equal(a.script.count, 3);
	assert_string_equal(args_get(&a, 0), "a");
	assert_string_equal(args_get(&a, 1), "1");
	assert_string_equal(args_get(&a, 2), "s");
	script_args_fini(&a.script);
}

static void
absent_fields_are_empty_and_take_defaults(void **state)
{
	struct args a;

	(void)state;
	read_body(&a, "{\"id\":\"a\"}", 10, three, ARRAY_LEN(three));
	assert_int_equal(a.failed, ERR_OK);
	assert_int_equal(a.script.count, 3);
	assert_string_equal(args_get(&a, 1), "");
	args_default(&a, 0, "other");
	args_default(&a, 1, "10");
	args_text(&a, 3, "own");
	assert_string_equal(args_get(&a, 0), "a");
	assert_string_equal(args_get(&a, 1), "10");
	assert_int_equal(a.script.arg[1].len, 2);
	assert_string_equal(args_get(&a, 2), "");
	assert_string_equal(args_get(&a, 3), "own");
	script_args_fini(&a.script);
}

static void
an_empty_body_is_an_empty_object(void **state)
{
	struct args a;

	(void)state;
	read_body(&a, "", 0, two, ARRAY_LEN(two));
	assert_int_equal(a.failed, ERR_OK);
	assert_int_equal(a.script.count, 2);
	script_args_fini(&a.script);
	refuses_body(three, 3, "", 0, ERR_MISSING_FIELD, "id: it is required");
}

static void
what_is_no_such_object_is_refused(void **state)
{
	static const struct {
		const char *body;
		size_t len;
		enum err e;
		const char *detail;
	} cases[] = {
		{ "{}", 2, ERR_MISSING_FIELD, "id: it is required" },
		{ "{\"id\":\"a\",\"x\":1}", 16, ERR_UNKNOWN_FIELD, "x: there is no such field" },
		{ "{\"Id\":\"a\"}", 10, ERR_UNKNOWN_FIELD, "Id: there is no such field" },
		{ "{\"id\":\"a\",\"id\":\"a\"}", 19, ERR_INVALID_JSON, "line 1, column " },
		{ "[]", 2, ERR_INVALID_JSON, "the body must be a JSON object" },
		{ "\"id\"", 4, ERR_INVALID_JSON, "the body must be a JSON object" },
		{ "null", 4, ERR_INVALID_JSON, "the body must be a JSON object" },
		{ "1", 1, ERR_INVALID_JSON, "the body must be a JSON object" },
		{ " \t\r\n", 4, ERR_MISSING_FIELD, "id: it is required" },
		{ " x", 2, ERR_INVALID_JSON, "line 1, column " },
		{ "{", 1, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\"} x", 12, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\"}{}", 12, ERR_INVALID_JSON, "line 1, column " },
		{ "{\n\"id\":a}", 9, ERR_INVALID_JSON, "line 2, column " },
		{ "{\"id\":\"a\",}", 11, ERR_INVALID_JSON, "line 1, column " },
		{ "{'id':'a'}", 10, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\nb\"}", 12, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\xff\"}", 11, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\\u0000\"}", 16, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\"}\0", 11, ERR_INVALID_JSON, "line 1, column " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		refuses_body(three, 3, cases[i].body, cases[i].len, cases[i].e, cases[i].detail);
}

static void
a_long_unknown_name_is_cut(void **state)
{
	struct buf b = BUF_INIT;
	struct args a;
	int i;

	(void)state;
	buf_add_str(&b, "{\"");
	for (i = 0; i < 2000; i++)
		buf_add_str(&b, "n");
	buf_add_str(&b, "\":1}");
	read_body(&a, b.data, b.len, two, ARRAY_LEN(two));
	assert_int_equal(a.failed, ERR_UNKNOWN_FIELD);
	assert_int_equal(strspn(a.detail, "n"), 128);
	assert_string_equal(a.detail + 128, ": there is no such field");
	script_args_fini(&a.script);
	buf_fini(&b);
}

static void
the_first_failure_sticks(void **state)
{
	struct request *rq = with_body("{\"n\":77}", 8);
	struct args a;

	(void)state;
	args_begin(&a, SCRIPT_READY_CHECK);
	rq->params[0] = "not an id";
	args_param(&a, 0, rq, 0, "node");
	args_body(&a, rq, three, 3);
	args_query_int(&a, 4, rq, "limit", 1, 10, "5");
	args_text(&a, 5, "text");
	args_default(&a, 0, "default");
	args_fail(&a, ERR_INTERNAL, "another");
	assert_int_equal(a.failed, ERR_INVALID_ID);
	assert_string_equal(a.detail, "node: an id matches " ID_PATTERN);
	assert_int_equal(a.script.count, 0);
	script_args_fini(&a.script);
	request_free(rq);
}

static void
a_path_parameter_is_an_id(void **state)
{
	struct request *rq = with_body("", 0);
	struct args a;

	(void)state;
	args_begin(&a, SCRIPT_READY_CHECK);
	rq->params[1] = "node-1";
	args_param(&a, 0, rq, 1, "id");
	assert_string_equal(args_get(&a, 0), "node-1");
	args_param(&a, 1, rq, 0, "id"); /* as in "/nodes/" */
	assert_int_equal(a.failed, ERR_INVALID_ID);
	script_args_fini(&a.script);
	request_free(rq);
}

/* Checks one query parameter; with ERR_OK for `error` it becomes the argument `arg`. */
static void
check_query(const char *value, const char *choices_of_it, enum err error, const char *arg)
{
	struct request *rq = with_body("", 0);
	struct args a;

	rq->query[0] = (struct uri_pair){ "q", value };
	rq->n_query = 1;
	args_begin(&a, SCRIPT_READY_CHECK);
	args_query(&a, 0, rq, "q", choices_of_it);
	assert_int_equal(a.failed, error);
	if (error == ERR_OK)
		assert_string_equal(args_get(&a, 0), arg);
	else
		assert_true(strncmp(a.detail, "q: ", 3) == 0);
	script_args_fini(&a.script);
	request_free(rq);
}

static void
a_query_parameter_is_an_id_or_a_choice(void **state)
{
	struct request *rq = with_body("", 0);
	struct args a;

	(void)state;
	check_query("a-1", NULL, ERR_OK, "a-1");
	check_query("", NULL, ERR_INVALID_ID, NULL);
	check_query("a b", NULL, ERR_INVALID_ID, NULL);
	check_query("online", "online|offline", ERR_OK, "online");
	check_query("", "online|offline", ERR_INVALID_FIELD, NULL);
	check_query("on", "online|offline", ERR_INVALID_FIELD, NULL);
	args_begin(&a, SCRIPT_READY_CHECK);
	args_query(&a, 0, rq, "q", NULL);
	assert_int_equal(a.failed, ERR_OK);
	assert_string_equal(args_get(&a, 0), "");
	script_args_fini(&a.script);
	request_free(rq);
}

static void
a_whole_number_in_a_query_has_limits(void **state)
{
	static const struct {
		const char *value;
		bool good;
	} cases[] = {
		{ "1", true },
		{ "1000", true },
		{ "0", false },
		{ "1001", false },
		{ "-1", false },
		{ "+1", false },
		{ " 1", false },
		{ "1 ", false },
		{ "1.0", false },
		{ "1e2", false },
		{ "0x1", false },
		{ "x", false },
		{ "99999999999999999999", false },
		{ "18446744073709551617", false },
		{ "000000000000000001", true },
		{ "0000000000000000001", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct request *rq = with_body("", 0);
		struct args a;

		rq->query[0] = (struct uri_pair){ "limit", cases[i].value };
		rq->n_query = 1;
		args_begin(&a, SCRIPT_READY_CHECK);
		args_query_int(&a, 0, rq, "limit", 1, 1000, "100");
		if ((a.failed == ERR_OK) != cases[i].good)
			fail_msg("'%s': %d", cases[i].value, (int)a.failed);
		if (cases[i].good)
			assert_int_equal(strtol(args_get(&a, 0), NULL, 10),
			    strtol(cases[i].value, NULL, 10));
		else
			assert_string_equal(
			    a.detail, "limit: a whole number from 1 to 1000 is expected");
		script_args_fini(&a.script);
		request_free(rq);
	}
}

/* Scripts compare some numbers as texts. */
static void
a_number_in_a_query_loses_its_zeros(void **state)
{
	struct request *rq = with_body("", 0);
	struct args a;

	(void)state;
	rq->query[0] = (struct uri_pair){ "epoch", "007" };
	rq->n_query = 1;
	args_begin(&a, SCRIPT_READY_CHECK);
	args_query_int(&a, 0, rq, "epoch", 0, 1000, "");
	assert_string_equal(args_get(&a, 0), "7");
	script_args_fini(&a.script);
	request_free(rq);
}

static void
an_absent_number_in_a_query_has_its_default(void **state)
{
	struct request *rq = with_body("", 0);
	struct args a;

	(void)state;
	args_begin(&a, SCRIPT_READY_CHECK);
	args_query_int(&a, 0, rq, "limit", 1, 1000, "100");
	args_query_int(&a, 1, rq, "epoch", 0, (int64_t)1 << 53, "");
	assert_int_equal(a.failed, ERR_OK);
	assert_string_equal(args_get(&a, 0), "100");
	assert_string_equal(args_get(&a, 1), "");
	script_args_fini(&a.script);
	request_free(rq);
}

/* What every table of fields refuses, the packing refuses once more. */
static void
an_item_cannot_hold_a_tab_or_a_newline(void **state)
{
	struct buf lines = BUF_INIT;
	struct args a;

	(void)state;
	args_begin(&a, SCRIPT_AGENT_RELEASE);
	args_text(&a, AGENT_RELEASE_ITEM_AGENT_ID, "a");
	args_text(&a, AGENT_RELEASE_ITEM_EPOCH, "1\n2");
	args_add_line(&a, &lines);
	assert_int_equal(a.failed, ERR_INVALID_FIELD);
	assert_string_equal(a.detail, "epoch: a text without tabs and newlines is expected");
	assert_int_equal(lines.len, 0);
	script_args_fini(&a.script);
	args_begin(&a, SCRIPT_AGENT_GET);
	args_text(&a, AGENT_GET_ITEM_AGENT_ID, "a\tb");
	args_pack(&a);
	assert_int_equal(a.failed, ERR_INVALID_FIELD);
	assert_string_equal(a.detail, "agent_id: a text without tabs and newlines is expected");
	script_args_fini(&a.script);
	buf_fini(&lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_in_the_tables_order),
		cmocka_unit_test(absent_fields_are_empty_and_take_defaults),
		cmocka_unit_test(an_empty_body_is_an_empty_object),
		cmocka_unit_test(what_is_no_such_object_is_refused),
		cmocka_unit_test(a_long_unknown_name_is_cut),
		cmocka_unit_test(the_first_failure_sticks),
		cmocka_unit_test(a_path_parameter_is_an_id),
		cmocka_unit_test(a_query_parameter_is_an_id_or_a_choice),
		cmocka_unit_test(a_whole_number_in_a_query_has_limits),
		cmocka_unit_test(a_number_in_a_query_loses_its_zeros),
		cmocka_unit_test(an_absent_number_in_a_query_has_its_default),
		cmocka_unit_test(an_item_cannot_hold_a_tab_or_a_newline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
