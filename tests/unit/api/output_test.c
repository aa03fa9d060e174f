/* Rows as JSON: each kind with and without a value, nested objects, and lists. */
#include "api/output.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROW_MAX = 8 };

/* A row that is made of strings. */
struct row {
	struct script_row row;
	struct script_cell cells[ROW_MAX];
};

static void
row_set(struct row *row, size_t n, const char *const texts[])
{
	size_t i;

	row->row = (struct script_row){ row->cells, n };
	for (i = 0; i < n; i++)
		row->cells[i] = (struct script_cell){ texts[i], strlen(texts[i]) };
}

/* Expects `b` to hold exactly this text, and it to be JSON; empties `b`. */
static void
check_text(struct buf *b, const char *expected)
{
	json_t *read = json_loads(buf_str(b), JSON_REJECT_DUPLICATES, NULL);

	assert_string_equal(buf_str(b), expected);
	assert_non_null(read);
	json_decref(read);
	buf_fini(b);
}

static void
check_row(const struct out_field *fields, size_t n_fields, size_t n, const char *const texts[],
    const char *expected)
{
	struct buf b = BUF_INIT;
	struct row row;

	row_set(&row, n, texts);
	output_row(&b, NULL, &row.row, fields, n_fields);
	check_text(&b, expected);
}

static void
each_kind_has_its_form(void **state)
{
	static const struct {
		enum out_kind kind;
		const char *text, *json;
	} cases[] = {
		{ OUT_TEXT, "a \"b\"", "\"a \\\"b\\\"\"" },
		{ OUT_TEXT, "", "\"\"" },
		{ OUT_NULL, "node-1", "\"node-1\"" },
		{ OUT_NULL, "", "null" },
		{ OUT_NUMBER, "12.5", "12.5" },
		{ OUT_NUMBER, "0", "0" },
		{ OUT_NUMBER, "1763936000123", "1763936000123" },
		{ OUT_NUMBER, "", "null" },
		{ OUT_BOOL, "1", "true" },
		{ OUT_BOOL, "0", "false" },
		{ OUT_BOOL, "", "false" },
		{ OUT_IDS, "a", "[\"a\"]" },
		{ OUT_IDS, "a,b-2,c", "[\"a\",\"b-2\",\"c\"]" },
		{ OUT_IDS, "", "[]" },
		{ OUT_JSON, "{\"k\":\"v\"}", "{\"k\":\"v\"}" },
		{ OUT_JSON, "", "{}" },
		{ OUT_LABELS, "a=1,b=x%20y", "{\"a\":\"1\",\"b\":\"x y\"}" },
		{ OUT_LABELS, "", "{}" },
		{ OUT_COUNTS, "gpu=1,mb=1000000000000", "{\"gpu\":1,\"mb\":1000000000000}" },
		{ OUT_COUNTS, "full=12 label=3", "{\"full\":12,\"label\":3}" },
		{ OUT_COUNTS, "", "{}" },
		{ OUT_SHARES, "gpu=1/8,mb=0/2",
		    "{\"gpu\":{\"allocated\":1,\"total\":8},\"mb\":{\"allocated\":0,\"total\":2}"
		    "}" },
		{ OUT_SHARES, "", "{}" },
		{ OUT_TIME, "1763936000123", "\"2025-11-23T22:13:20.123Z\"" },
		{ OUT_TIME, "0", "\"1970-01-01T00:00:00.000Z\"" },
		{ OUT_TIME, "", "null" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct out_field f = { "f", 0, cases[i].kind };
		struct buf expected = BUF_INIT;

		buf_addf(&expected, "{\"f\":%s}", cases[i].json);
		check_row(&f, 1, 1, &cases[i].text, buf_str(&expected));
		buf_fini(&expected);
	}
}

static const struct out_field nested[] = {
	{ "id", 0, OUT_TEXT },
	{ "node", 1, OUT_OBJECT, 2 },
	{ "host", 1, OUT_TEXT },
	{ "port", 2, OUT_NUMBER },
	{ "use", 3, OUT_OBJECT, 1 },
	{ "cpu", 3, OUT_NUMBER },
	{ "hold", 4, OUT_BOOL },
};

static void
objects_take_the_fields_that_follow(void **state)
{
	(void)state;
	check_row(nested, ARRAY_LEN(nested), 5, (const char *[]){ "a", "h", "80", "1.5", "1" },
	    "{\"id\":\"a\",\"node\":{\"host\":\"h\",\"port\":80},\"use\":{\"cpu\":1.5},\"hold\":"
	    "true}");
}

static void
an_object_whose_column_is_empty_is_null(void **state)
{
	(void)state;
	check_row(nested, ARRAY_LEN(nested), 5, (const char *[]){ "a", "", "80", "1.5", "1" },
	    "{\"id\":\"a\",\"node\":null,\"use\":{\"cpu\":1.5},\"hold\":true}");
	check_row(nested, ARRAY_LEN(nested), 5, (const char *[]){ "a", "h", "", "", "1" },
	    "{\"id\":\"a\",\"node\":{\"host\":\"h\",\"port\":null},\"use\":null,\"hold\":true}");
}

static void
what_is_optional_is_left_out_if_it_is_empty(void **state)
{
	static const struct out_field fields[] = {
		{ "number", 0, OUT_NUMBER, .optional = true },
		{ "terms", 1, OUT_TERMS, .optional = true },
		{ "object", 2, OUT_OBJECT, 2, .optional = true },
		{ "first", 2, OUT_TEXT },
		{ "second", 3, OUT_TEXT, .optional = true },
		{ "json", 4, OUT_JSON, .optional = true },
	};

	(void)state;
	check_row(fields, ARRAY_LEN(fields), 5, (const char *[]){ "", "", "", "", "" }, "{}");
	check_row(fields, ARRAY_LEN(fields), 5, (const char *[]){ "", "", "a", "", "{\"k\":1}" },
	    "{\"object\":{\"first\":\"a\"},\"json\":{\"k\":1}}");
	check_row(fields, ARRAY_LEN(fields), 5,
	    (const char *[]){ "7", "zone:y,z group:g", "a", "b", "" },
	    "{\"number\":7,\"zones\":[\"y\",\"z\"],\"group\":\"g\",\"object\":{\"first\":\"a\","
	    "\"second\":\"b\"}}");
}

static void
columns_come_in_any_order_and_some_not_at_all(void **state)
{
	static const struct out_field two[] = { { "x", 2, OUT_NUMBER }, { "y", 1, OUT_NULL } };
	struct buf b = BUF_INIT;
	struct row row;

	(void)state;
	row_set(&row, 4, (const char *[]){ "a", "", "7", "b" });
	buf_add_str(&b, "{\"before\":1");
	output_fields(&b, &row.row, two, ARRAY_LEN(two));
	buf_add_str(&b, "}");
	check_text(&b, "{\"before\":1,\"x\":7,\"y\":null}");
}

static void
a_row_may_stand_under_a_key(void **state)
{
	struct buf b = BUF_INIT;
	struct row row;

	(void)state;
	row_set(&row, 1, (const char *[]){ "a" });
	buf_add_str(&b, "{");
	output_row(&b, "node", &row.row, nested, 1);
	buf_add_str(&b, "}");
	check_text(&b, "{\"node\":{\"id\":\"a\"}}");
}

static void
a_list_has_its_rows_their_count_and_a_cursor(void **state)
{
	struct row head, a, b;
	struct script_row rows[2];
	struct script_reply list = { .rows = rows, .n_rows = 2 };
	struct buf out = BUF_INIT;

	(void)state;
	row_set(&head, PAGE_ROW_COUNT, (const char *[]){ "b" });
	row_set(&a, 1, (const char *[]){ "a" });
	row_set(&b, 1, (const char *[]){ "b" });
	list.head = head.row;
	rows[0] = a.row;
	rows[1] = b.row;
	output_list(&out, "nodes", &list, nested, 1);
	check_text(
	    &out, "{\"nodes\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"count\":2,\"next_cursor\":\"b\"}");
}

static void
an_empty_list_has_no_cursor(void **state)
{
	struct buf out = BUF_INIT;
	struct script_reply list = { .n_rows = 0 };
	struct row head;

	(void)state;
	row_set(&head, PAGE_ROW_COUNT, (const char *[]){ "" });
	list.head = head.row;
	output_list(&out, "nodes", &list, nested, 1);
	check_text(&out, "{\"nodes\":[],\"count\":0,\"next_cursor\":null}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_form),
		cmocka_unit_test(objects_take_the_fields_that_follow),
		cmocka_unit_test(an_object_whose_column_is_empty_is_null),
		cmocka_unit_test(what_is_optional_is_left_out_if_it_is_empty),
		cmocka_unit_test(columns_come_in_any_order_and_some_not_at_all),
		cmocka_unit_test(a_row_may_stand_under_a_key),
		cmocka_unit_test(a_list_has_its_rows_their_count_and_a_cursor),
		cmocka_unit_test(an_empty_list_has_no_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
