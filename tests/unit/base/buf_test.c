/* The growable byte buffer. */
#include "base/buf.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
an_empty_buffer_is_the_empty_string(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_add(&b, NULL, 0);
	buf_add_str(&b, "");
	buf_addf(&b, "%s", "");
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_str(&b), "");
	buf_fini(&b);
}

static void
what_is_added_stands_in_order(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_add(&b, "a\0b", 3);
	buf_add_str(&b, "cd");
	buf_addf(&b, "-%d-%s", 7, "e");
	assert_int_equal(b.len, 9);
	assert_memory_equal(b.data, "a\0bcd-7-e", 9);
	buf_fini(&b);
}

static void
whole_numbers_are_written_as_printf_does(void **state)
{
	static const int64_t numbers[] = { 0, 7, -1, 10, 99, 100, -4096, 9007199254740993,
		INT64_MAX, INT64_MIN };
	struct buf b = BUF_INIT, expected = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		buf_add_int(&b, numbers[i]);
		buf_addf(&expected, "%" PRId64, numbers[i]);
	}
	assert_string_equal(buf_str(&b), buf_str(&expected));
	buf_fini(&b);
	buf_fini(&expected);
}

static void
room_is_there_and_counts_when_it_is_used(void **state)
{
	struct buf b = BUF_INIT;
	char *to = buf_room(&b, 1000);

	(void)state;
	assert_int_equal(b.len, 0);
	memset(to, 'x', 1000);
	buf_end(&b, to + 1000);
	assert_int_equal(b.len, 1000);
	assert_int_equal(strlen(buf_str(&b)), 1000);
	buf_fini(&b);
}

/* After each added byte the earlier ones are unchanged and a NUL follows. */
static void
growing_keeps_the_content_and_the_nul(void **state)
{
	struct buf b = BUF_INIT;
	size_t i, k;

	(void)state;
	for (i = 0; i < 3000; i++) {
		char c = (char)('a' + i % 26);

		buf_add(&b, &c, 1);
		assert_int_equal(b.len, i + 1);
		assert_true(b.cap > b.len);
		assert_int_equal(b.data[b.len], '\0');
	}
	for (k = 0; k < b.len; k++)
		assert_int_equal(b.data[k], 'a' + (int)(k % 26));
	buf_fini(&b);
}

static void
one_large_piece_fits_at_once(void **state)
{
	enum { LARGE = 100000 };
	char *large = malloc(LARGE + 1);
	struct buf b = BUF_INIT;

	(void)state;
	assert_non_null(large);
	memset(large, 'x', LARGE);
	large[LARGE] = '\0';
	buf_add_str(&b, "<");
	buf_addf(&b, "%s>", large);
	assert_int_equal(b.len, LARGE + 2);
	assert_memory_equal(b.data + 1, large, LARGE);
	assert_string_equal(b.data + LARGE + 1, ">");
	buf_fini(&b);
	free(large);
}

static void
reset_empties_and_keeps_the_memory(void **state)
{
	struct buf b = BUF_INIT;
	const char *data;

	(void)state;
	buf_reset(&b);
	assert_string_equal(buf_str(&b), "");
	buf_add_str(&b, "some text");
	data = b.data;
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_str(&b), "");
	buf_add_str(&b, "other");
	assert_ptr_equal(b.data, data);
	assert_string_equal(buf_str(&b), "other");
	buf_fini(&b);
}

static void
fini_leaves_it_usable(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_add_str(&b, "some text");
	buf_fini(&b);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.cap, 0);
	buf_add_str(&b, "again");
	assert_string_equal(buf_str(&b), "again");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_the_empty_string),
		cmocka_unit_test(what_is_added_stands_in_order),
		cmocka_unit_test(whole_numbers_are_written_as_printf_does),
		cmocka_unit_test(room_is_there_and_counts_when_it_is_used),
		cmocka_unit_test(growing_keeps_the_content_and_the_nul),
		cmocka_unit_test(one_large_piece_fits_at_once),
		cmocka_unit_test(reset_empties_and_keeps_the_memory),
		cmocka_unit_test(fini_leaves_it_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
