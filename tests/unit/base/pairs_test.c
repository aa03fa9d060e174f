/* Lists of pairs: what is escaped, and what is read back. */
#include "base/pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
values_are_escaped(void **state)
{
	static const struct {
		const char *value, *escaped;
	} cases[] = {
		{ "", "k=" },
		{ "azAZ09._:@-", "k=azAZ09._:@-" },
		{ "a b", "k=a%20b" },
		{ "a,b=c|d/e%20", "k=a%2Cb%3Dc%7Cd%2Fe%2520" },
		{ "\t\n\x7f", "k=%09%0A%7F" },
		{ "\xc3\xbc", "k=%C3%BC" },
	};
	struct buf list = BUF_INIT, back = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&list);
		buf_reset(&back);
		pairs_add(&list, "k", cases[i].value, strlen(cases[i].value));
		assert_string_equal(buf_str(&list), cases[i].escaped);
		pairs_unescape(&back, list.data + 2, list.len - 2);
		assert_string_equal(buf_str(&back), cases[i].value);
	}
	buf_reset(&list);
	pairs_add(&list, "k", "a\0b", 3);
	assert_string_equal(buf_str(&list), "k=a%00b");
	buf_fini(&list);
	buf_fini(&back);
}

static void
what_is_no_escape_stays(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	pairs_unescape(&b, "%4%zz%2a%41%", 12);
	assert_string_equal(buf_str(&b), "%4%zz%2aA%");
	buf_fini(&b);
}

static void
pairs_are_taken_in_order(void **state)
{
	static const char list[] = "a=1,b,,=x c=2=3 d=";
	const char *at = list, *end = list + sizeof(list) - 1;
	struct pair p;

	(void)state;
	assert_true(pairs_take(&at, end, &p));
	assert_int_equal(p.key_len, 1);
	assert_int_equal(p.value_len, 1);
	assert_memory_equal(p.key, "a=1", 3);
	assert_true(pairs_take(&at, end, &p));
	assert_int_equal(p.key_len, 0);
	assert_memory_equal(p.value, "x", 1);
	assert_true(pairs_take(&at, end, &p));
	assert_int_equal(p.value_len, 3);
	assert_memory_equal(p.value, "2=3", 3);
	assert_true(pairs_take(&at, end, &p));
	assert_int_equal(p.value_len, 0);
	assert_memory_equal(p.key, "d=", 2);
	assert_false(pairs_take(&at, end, &p));
	at = list;
	assert_false(pairs_take(&at, list, &p));
}

static void
lists_become_json(void **state)
{
	static const char texts[] = "a=1,b=say%20%22hi%22,c=,-=no id";
	static const char numbers[] = "full=12 label=3,mb=1000000000000 x";
	struct buf b = BUF_INIT;

	(void)state;
	pairs_write_texts(&b, NULL, texts, sizeof(texts) - 1);
	assert_string_equal(buf_str(&b), "{\"a\":\"1\",\"b\":\"say \\\"hi\\\"\",\"c\":\"\"}");
	buf_reset(&b);
	pairs_write_numbers(&b, NULL, numbers, sizeof(numbers) - 1);
	assert_string_equal(buf_str(&b), "{\"full\":12,\"label\":3,\"mb\":1000000000000}");
	buf_reset(&b);
	pairs_write_texts(&b, NULL, "", 0);
	pairs_write_numbers(&b, NULL, "", 0);
	assert_string_equal(buf_str(&b), "{},{}");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_escaped),
		cmocka_unit_test(what_is_no_escape_stays),
		cmocka_unit_test(pairs_are_taken_in_order),
		cmocka_unit_test(lists_become_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
