/* Which ids are valid, byte by byte, and ids of our own. */
#include "base/id.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* strchr would find the NUL too, but it is not part of the set. */
static bool
in(const char *set, int c)
{
	return c != 0 && strchr(set, c) != NULL;
}

static void
an_id_has_1_to_128_bytes(void **state)
{
	char s[ID_MAX + 1];

	(void)state;
	memset(s, 'a', sizeof(s));
	assert_false(id_valid(s, 0));
	assert_true(id_valid(s, 1));
	assert_true(id_valid(s, 127));
	assert_true(id_valid(s, 128));
	assert_false(id_valid(s, 129));
}

static void
the_first_byte_is_a_letter_or_digit(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		char s[2] = { (char)c, 'a' };

		assert_int_equal(id_valid(s, 1), in(alnum, c));
		assert_int_equal(id_valid(s, 2), in(alnum, c));
	}
}

static void
the_others_may_be_five_signs_too(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		bool good = in(alnum, c) || in("._:@-", c);
		char middle[3] = { 'a', (char)c, 'z' }, last[2] = { 'a', (char)c };

		assert_int_equal(id_valid(middle, 3), good);
		assert_int_equal(id_valid(last, 2), good);
	}
}

/* Bytes after the given length do not count. */
static void
the_length_ends_an_id(void **state)
{
	(void)state;
	assert_true(id_valid("ab c", 2));
	assert_false(id_valid("ab c", 3));
	assert_false(id_valid("ab", 3));
}

static void
nonces_are_hex_and_differ(void **state)
{
	enum { N = 64 };
	char nonces[N][NONCE_SIZE];
	int i, k;

	(void)state;
	for (i = 0; i < N; i++) {
		assert_ptr_equal(id_nonce(nonces[i]), nonces[i]);
		assert_int_equal(strlen(nonces[i]), NONCE_SIZE - 1);
		assert_int_equal(strspn(nonces[i], "0123456789abcdef"), NONCE_SIZE - 1);
		for (k = 0; k < i; k++)
			assert_string_not_equal(nonces[i], nonces[k]);
	}
}

enum { SERIALS = 2000 };

static void *
make_serials(void *arg)
{
	char(*out)[SERIAL_SIZE] = arg;
	int i;

	for (i = 0; i < SERIALS; i++)
		id_serial(out[i]);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
serials_are_ids_and_differ_over_threads(void **state)
{
	static char serials[2][SERIALS][SERIAL_SIZE];
	char(*all)[SERIAL_SIZE] = serials[0];
	pthread_t thread;
	int i;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, make_serials, serials[0]), 0);
	make_serials(serials[1]);
	pthread_join(thread, NULL);
	qsort(all, (size_t)2 * SERIALS, SERIAL_SIZE, compare);
	for (i = 0; i < 2 * SERIALS; i++) {
		assert_true(id_valid(all[i], strlen(all[i])));
		if (i > 0)
			assert_string_not_equal(all[i - 1], all[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_has_1_to_128_bytes),
		cmocka_unit_test(the_first_byte_is_a_letter_or_digit),
		cmocka_unit_test(the_others_may_be_five_signs_too),
		cmocka_unit_test(the_length_ends_an_id),
		cmocka_unit_test(nonces_are_hex_and_differ),
		cmocka_unit_test(serials_are_ids_and_differ_over_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
