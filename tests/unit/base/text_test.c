/* Numbers as text, and copies of text. */
#include "base/text.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
numbers_are_written_in_decimal_without_a_nul(void **state)
{
	static const uint64_t numbers[] = { 0, 9, 10, 99, 100, 12345, UINT32_MAX, UINT64_MAX };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char text[INT_TEXT_MAX + 1], expected[INT_TEXT_MAX + 1];
		char *end;

		memset(text, 'x', sizeof(text));
		snprintf(expected, sizeof(expected), "%" PRIu64, numbers[i]);
		end = text_int(text, numbers[i]);
		assert_int_equal(end - text, strlen(expected));
		assert_memory_equal(text, expected, strlen(expected));
		assert_int_equal(*end, 'x');
	}
}

static void
a_copy_is_cut_where_it_does_not_fit(void **state)
{
	char to[5] = "....";

	(void)state;
	text_copy(to, sizeof(to), "four");
	assert_string_equal(to, "four");
	text_copy(to, sizeof(to), "longer");
	assert_string_equal(to, "long");
	text_copy(to, 1, "any");
	assert_string_equal(to, "");
	assert_string_equal(to + 1, "ong");
	text_copy(to, sizeof(to), "");
	assert_string_equal(to, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_written_in_decimal_without_a_nul),
		cmocka_unit_test(a_copy_is_cut_where_it_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
