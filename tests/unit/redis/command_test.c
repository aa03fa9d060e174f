/* Commands: hiredis says which bytes they are; the pieces write the same. */
#include "redis/command.h"

#include "base/error.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 1200, WORD_MAX = 70000 };

static unsigned seed = 20240229;

static unsigned
below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* Expects that both ways to write a command give what hiredis formats. */
static void
check(size_t n, const char **words, const size_t *lens)
{
	struct buf whole = BUF_INIT, pieces = BUF_INIT;
	char *expected;
	int len;
	size_t i;

	len = redisFormatCommandArgv(&expected, (int)n, words, lens);
	assert_true(len > 0);
	buf_add_str(&whole, "before");
	command_add(&whole, n, words, lens);
	command_add_start(&pieces, n);
	for (i = 0; i < n; i++)
		command_add_word(&pieces, words[i], lens != NULL ? lens[i] : strlen(words[i]));
	assert_int_equal(whole.len, strlen("before") + (size_t)len);
	assert_memory_equal(whole.data + strlen("before"), expected, (size_t)len);
	assert_int_equal(pieces.len, len);
	assert_memory_equal(pieces.data, expected, (size_t)len);
	redisFreeCommand(expected);
	buf_fini(&whole);
	buf_fini(&pieces);
}

static void
words_may_hold_any_bytes(void **state)
{
	static const char *words[] = { "EVALSHA", "", "a\0b\r\n", "$1\r\n1", "\xff\xfe", "1" };
	static const size_t lens[] = { 7, 0, 5, 5, 2, 1 };

	(void)state;
	check(ARRAY_LEN(words), words, lens);
	check(1, words, lens);
}

static void
words_without_lengths_are_strings(void **state)
{
	static const char *words[] = { "CONFIG", "GET", "", "maxmemory-policy" };

	(void)state;
	check(ARRAY_LEN(words), words, NULL);
}

/* The length of a word, and the number of words, where they get a further digit. */
static void
sizes_may_have_any_number_of_digits(void **state)
{
	static const size_t edges[] = { 1, 8, 9, 10, 11, 98, 99, 100, 101, 998, 999, 1000, 1001,
		9999, 10000, 65535, WORD_MAX };
	static const char *words[WORDS_MAX];
	static size_t lens[WORDS_MAX];
	char *text = malloc(WORD_MAX);
	size_t i;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', WORD_MAX);
	for (i = 0; i < WORDS_MAX; i++) {
		words[i] = text;
		lens[i] = i % 3;
	}
	for (i = 0; i < ARRAY_LEN(edges); i++) {
		const char *word = text;
		size_t len = edges[i];

		check(1, &word, &len);
		if (len <= WORDS_MAX)
			check(len, words, lens);
	}
	free(text);
}

static void
any_words_are_what_hiredis_formats(void **state)
{
	static char text[4096];
	const char *words[20];
	size_t lens[20], i, n, round;

	(void)state;
	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)below(256);
	for (round = 0; round < 5000; round++) {
		n = 1 + below(20);
		for (i = 0; i < n; i++) {
			lens[i] = below(4) == 0 ? below(sizeof(text)) : below(30);
			words[i] = text + below((unsigned)(sizeof(text) - lens[i]));
		}
		check(n, words, lens);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_may_hold_any_bytes),
		cmocka_unit_test(words_without_lengths_are_strings),
		cmocka_unit_test(sizes_may_have_any_number_of_digits),
		cmocka_unit_test(any_words_are_what_hiredis_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
