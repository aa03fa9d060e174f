/* Bodies: what is read without jansson must be what jansson would read. */
#include "api/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct in_field fields[] = { { 0, "a", IN_TEXT }, { 1, "bb", IN_REAL },
	{ 2, "bbb", IN_BOOL } };

static unsigned seed = 19700101;

static unsigned
below(size_t n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % (unsigned)n;
}

static void
check_value(const struct body_value *v, const json_t *expected)
{
	char text[40];

	if (expected == NULL) {
		assert_int_equal(v->kind, BODY_ABSENT);
	} else if (json_is_string(expected)) {
		assert_int_equal(v->kind, BODY_TEXT);
		assert_int_equal(v->len, json_string_length(expected));
		assert_memory_equal(v->text, json_string_value(expected), v->len);
	} else if (json_is_number(expected)) {
		double n = json_number_value(expected);

		assert_int_equal(v->kind, json_is_integer(expected) ? BODY_INT : BODY_REAL);
		assert_memory_equal(&v->number, &n, sizeof(n));
		assert_true(v->integer == json_integer_value(expected) || v->kind == BODY_REAL);
		snprintf(text, sizeof(text), "%.10g", n);
		if (v->text != NULL) {
			assert_int_equal(v->len, strlen(text));
			assert_memory_equal(v->text, text, v->len);
		}
	} else if (json_is_boolean(expected)) {
		assert_int_equal(v->kind, BODY_BOOL);
		assert_int_equal(v->truth, json_is_true(expected));
	} else {
		assert_int_equal(v->kind, BODY_OTHER);
		assert_true(json_equal(v->tree, expected));
	}
}

static bool
all_known(json_t *body)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach(body, key, value)
	{
		for (i = 0; i < ARRAY_LEN(fields) && strcmp(fields[i].name, key) != 0; i++)
			continue;
		if (i == ARRAY_LEN(fields))
			return false;
	}
	return true;
}

/* Compares both ways to read one body. Returns whether it was valid and read without jansson. */
static bool
compare(const char *text, size_t len)
{
	json_t *expected = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	struct body_value values[ARRAY_LEN(fields)];
	bool good = json_is_object(expected) && all_known(expected), plain;
	json_t *tree;
	struct args a;
	size_t i;

	args_begin(&a, SCRIPT_READY_CHECK);
	tree = body_read(&a, text, len, fields, ARRAY_LEN(fields), values);
	if (good != (a.failed == ERR_OK))
		fail_msg("%s: '%s' %s", good ? "refused" : "taken", text, a.detail);
	for (i = 0; good && i < ARRAY_LEN(fields); i++)
		check_value(&values[i], json_object_get(expected, fields[i].name));
	plain = good && tree == NULL;
	json_decref(tree);
	json_decref(expected);
	return plain;
}

static const char *
one_of(const char *const *list, size_t n)
{
	return list[below(n)];
}

/* Makes a body that is mostly well-formed, with a wrong byte now and then. */
static void
make_body(struct buf *b)
{
	static const char *const blanks[] = { "", "", "", "", "", " ", "\t", "\r\n", "\f" };
	static const char *const names[] = { "\"a\"", "\"bb\"", "\"bbb\"", "\"a\"", "\"b\"",
		"\"bbbb\"", "\"\"", "a", "\"\\u0061\"" };
	static const char *const values[] = { "\"\"", "\"x\"", "\"some longer text\"",
		"\"\xc3\xa9\"", "\"\xff\"", "\"a\\nb\"", "\"\x01\"", "\"\x7f\"", "true", "false",
		"truer", "null", "[]", "{}", "[1]", "0", "-0", "-1", "7", "00", "012", "1.", ".5",
		"0.5", "00.5", "1.50", "1.5.2", "12.00", "100", "100.0", "1e3", "1E3", "1.5e-3",
		"0.00001", "0.0001", "0.00012345678", "0.0", "0.000", "9999999999", "99999999999",
		"123456789.5", "1234567890.5", "0.1234567890123", "123456789012345",
		"1234567890123456", "99999999999999999999", "33.3333333333", "+1", "0x10", "" };
	size_t i, n = below(4);

	buf_add_str(b, one_of(blanks, ARRAY_LEN(blanks)));
	buf_add_str(b, "{");
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_add_str(b, ",");
		buf_add_str(b, one_of(blanks, ARRAY_LEN(blanks)));
		buf_add_str(b, i < 3 && below(8) > 0 ? names[i] : one_of(names, ARRAY_LEN(names)));
		buf_add_str(b, one_of(blanks, ARRAY_LEN(blanks)));
		buf_add_str(b, ":");
		buf_add_str(b, one_of(blanks, ARRAY_LEN(blanks)));
		buf_add_str(b, one_of(values, ARRAY_LEN(values)));
		buf_add_str(b, one_of(blanks, ARRAY_LEN(blanks)));
	}
	buf_add_str(b, "}");
	if (below(10) == 0)
		b->data[below(b->len)] = "\"{}:,0.e \\\0[]"[below(13)];
	if (below(20) == 0)
		b->data[--b->len] = '\0';
}

static void
what_is_plain_is_what_jansson_reads(void **state)
{
	size_t i, plain = 0;

	(void)state;
	for (i = 0; i < 200000; i++) {
		struct buf b = BUF_INIT;

		make_body(&b);
		/* jansson refuses a blank body, which is allowed here. */
		if (strspn(b.data, " \t\r\n") < b.len)
			plain += compare(b.data, b.len);
		buf_fini(&b);
	}
	assert_in_range(plain, 10000, 190000);
}

static void
common_bodies_are_plain(void **state)
{
	static const char *const bodies[] = { "{\"a\":\"a-1\"}", "{\"bb\":12.5,\"bbb\":true}",
		" { \"a\" : \"x\" , \"bb\" : 0 } \n", "{\"bb\":100}" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bodies); i++)
		assert_true(compare(bodies[i], strlen(bodies[i])));
}

static void
a_blank_body_has_no_values(void **state)
{
	struct body_value values[ARRAY_LEN(fields)];
	struct args a;

	(void)state;
	args_begin(&a, SCRIPT_READY_CHECK);
	assert_null(body_read(&a, " \r\n", 3, fields, ARRAY_LEN(fields), values));
	assert_int_equal(a.failed, ERR_OK);
	assert_int_equal(values[0].kind, BODY_ABSENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_plain_is_what_jansson_reads),
		cmocka_unit_test(common_bodies_are_plain),
		cmocka_unit_test(a_blank_body_has_no_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
