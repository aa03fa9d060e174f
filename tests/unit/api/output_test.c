/* Rows as JSON: each kind with and without a value, nested objects, and rows that are too short. */
#include "api/output.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROW_MAX = 8 };

/* A reply row that is made of strings; NULL for nil. */
struct row {
	struct reply reply;
	struct reply values[ROW_MAX];
};

static void
row_set(struct row *row, size_t n, const char *const texts[])
{
	size_t i;

	memset(row, 0, sizeof(*row));
	row->reply.kind = REPLY_ARRAY;
	row->reply.n_members = n;
	row->reply.members = row->values;
	for (i = 0; i < n; i++) {
		row->values[i].kind = texts[i] != NULL ? REPLY_TEXT : REPLY_NIL;
		row->values[i].text = texts[i];
		row->values[i].len = texts[i] != NULL ? strlen(texts[i]) : 0;
	}
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
	output_row(&b, NULL, &row.reply, fields, n_fields);
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
		{ OUT_TEXT, NULL, "\"\"" },
		{ OUT_NULL, "node-1", "\"node-1\"" },
		{ OUT_NULL, "", "null" },
		{ OUT_NULL, NULL, "null" },
		{ OUT_NUMBER, "12.5", "12.5" },
		{ OUT_NUMBER, "0", "0" },
		{ OUT_NUMBER, "1763936000123", "1763936000123" },
		{ OUT_NUMBER, "", "null" },
		{ OUT_NUMBER, NULL, "null" },
		{ OUT_BOOL, "1", "true" },
		{ OUT_BOOL, "0", "false" },
		{ OUT_BOOL, "", "false" },
		{ OUT_BOOL, NULL, "false" },
		{ OUT_IDS, "a", "[\"a\"]" },
		{ OUT_IDS, "a,b-2,c", "[\"a\",\"b-2\",\"c\"]" },
		{ OUT_IDS, "", "[]" },
		{ OUT_IDS, NULL, "[]" },
		{ OUT_JSON, "{\"k\":\"v\"}", "{\"k\":\"v\"}" },
		{ OUT_JSON, "", "{}" },
		{ OUT_JSON, NULL, "{}" },
		{ OUT_TIME, "1763936000123", "\"2025-11-23T22:13:20.123Z\"" },
		{ OUT_TIME, "0", "\"1970-01-01T00:00:00.000Z\"" },
		{ OUT_TIME, "", "null" },
		{ OUT_TIME, NULL, "null" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct out_field f = { "f", cases[i].kind };
		struct buf expected = BUF_INIT;

		buf_addf(&expected, "{\"f\":%s}", cases[i].json);
		check_row(&f, 1, 1, &cases[i].text, buf_str(&expected));
		/* A missing element is like nil. */
		if (cases[i].text == NULL)
			check_row(&f, 1, 0, NULL, buf_str(&expected));
		buf_fini(&expected);
	}
}

static const struct out_field nested[] = {
	{ "id", OUT_TEXT },
	{ "node", OUT_OBJECT, 2 },
	{ "host", OUT_TEXT },
	{ "port", OUT_NUMBER },
	{ "use", OUT_OBJECT, 1 },
	{ "cpu", OUT_NUMBER },
	{ "hold", OUT_BOOL },
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
an_object_without_its_first_member_is_null(void **state)
{
	(void)state;
	check_row(nested, ARRAY_LEN(nested), 5, (const char *[]){ "a", NULL, "80", "1.5", "1" },
	    "{\"id\":\"a\",\"node\":null,\"use\":{\"cpu\":1.5},\"hold\":true}");
	check_row(nested, ARRAY_LEN(nested), 5, (const char *[]){ "a", "h", "", "", "1" },
	    "{\"id\":\"a\",\"node\":{\"host\":\"h\",\"port\":null},\"use\":null,\"hold\":true}");
}

static void
a_short_row_is_whole_json(void **state)
{
	static const char *const texts[] = { "a", "h", "80", "1.5" };

	(void)state;
	check_row(nested, ARRAY_LEN(nested), 0, texts,
	    "{\"id\":\"\",\"node\":null,\"use\":null,\"hold\":false}");
	check_row(nested, ARRAY_LEN(nested), 1, texts,
	    "{\"id\":\"a\",\"node\":null,\"use\":null,\"hold\":false}");
	check_row(nested, ARRAY_LEN(nested), 2, texts,
	    "{\"id\":\"a\",\"node\":{\"host\":\"h\",\"port\":null},\"use\":null,\"hold\":false}");
	check_row(nested, ARRAY_LEN(nested), 4, texts,
	    "{\"id\":\"a\",\"node\":{\"host\":\"h\",\"port\":80},\"use\":{\"cpu\":1.5},\"hold\":"
	    "false}");
}

static void
what_a_row_has_beyond_the_table_is_left_out(void **state)
{
	(void)state;
	check_row(nested, 1, 3, (const char *[]){ "a", "b", "c" }, "{\"id\":\"a\"}");
}

static void
fields_may_start_within_a_row(void **state)
{
	static const struct out_field two[] = { { "x", OUT_NUMBER }, { "y", OUT_NULL } };
	struct buf b = BUF_INIT;
	struct row row;

	(void)state;
	row_set(&row, 4, (const char *[]){ "ok", "1-0", "7", "" });
	buf_add_str(&b, "{\"before\":1");
	output_fields(&b, &row.reply, 2, two, ARRAY_LEN(two));
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
	output_row(&b, "node", &row.reply, nested, 1);
	buf_add_str(&b, "}");
	check_text(&b, "{\"node\":{\"id\":\"a\"}}");
}

static void
a_list_has_its_rows_their_count_and_a_cursor(void **state)
{
	static const char *const head[] = { "ok", "", "b" };
	struct row list, a, b;
	struct buf out = BUF_INIT;

	(void)state;
	row_set(&list, 3, head);
	row_set(&a, 1, (const char *[]){ "a" });
	row_set(&b, 1, (const char *[]){ "b" });
	list.values[3] = a.reply;
	list.values[4] = b.reply;
	list.reply.n_members = 5;
	output_list(&out, "nodes", &list.reply, nested, 1);
	check_text(
	    &out, "{\"nodes\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"count\":2,\"next_cursor\":\"b\"}");
}

static void
an_empty_list_has_no_cursor(void **state)
{
	struct buf out = BUF_INIT;
	struct row list;

	(void)state;
	row_set(&list, 3, (const char *[]){ "ok", "", "" });
	output_list(&out, "nodes", &list.reply, nested, 1);
	check_text(&out, "{\"nodes\":[],\"count\":0,\"next_cursor\":null}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_form),
		cmocka_unit_test(objects_take_the_fields_that_follow),
		cmocka_unit_test(an_object_without_its_first_member_is_null),
		cmocka_unit_test(a_short_row_is_whole_json),
		cmocka_unit_test(what_a_row_has_beyond_the_table_is_left_out),
		cmocka_unit_test(fields_may_start_within_a_row),
		cmocka_unit_test(a_row_may_stand_under_a_key),
		cmocka_unit_test(a_list_has_its_rows_their_count_and_a_cursor),
		cmocka_unit_test(an_empty_list_has_no_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
