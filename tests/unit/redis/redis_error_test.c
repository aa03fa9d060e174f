/* What each error of Redis means. A row of the table that is not expected here fails a test too. */
#include "redis/redis_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *word;
	enum err e;
	bool close;
} expected[] = {
	{ "LOADING", ERR_STORE_UNAVAILABLE, false },
	{ "BUSY", ERR_STORE_UNAVAILABLE, false },
	{ "TRYAGAIN", ERR_STORE_UNAVAILABLE, false },
	{ "READONLY", ERR_STORE_UNAVAILABLE, true },
	{ "MASTERDOWN", ERR_STORE_UNAVAILABLE, true },
	{ "MISCONF", ERR_STORE_UNAVAILABLE, false },
	{ "OOM", ERR_STORE_UNAVAILABLE, false },
	{ "NOREPLICAS", ERR_STORE_UNAVAILABLE, false },
	{ "UNKILLABLE", ERR_STORE_UNAVAILABLE, false },
	{ "NOAUTH", ERR_STORE_UNAVAILABLE, true },
	{ "WRONGPASS", ERR_STORE_UNAVAILABLE, true },
	{ "NOPERM", ERR_STORE_UNAVAILABLE, false },
	{ "CLUSTERDOWN", ERR_STORE_UNAVAILABLE, false },
	{ "MOVED", ERR_STORE_UNAVAILABLE, true },
	{ "NOSCRIPT", ERR_INTERNAL, false },
};

static void
check(const char *text, enum err e, bool close)
{
	bool got = !close;

	if (redis_error_to_err(text, strlen(text), &got) != e || got != close)
		fail_msg("'%s': %d, %s", text, (int)redis_error_to_err(text, strlen(text), &got),
		    got ? "close" : "keep");
}

static void
each_word_has_its_meaning(void **state)
{
	size_t i;
	char text[64];

	(void)state;
	for (i = 0; i < ARRAY_LEN(expected); i++) {
		check(expected[i].word, expected[i].e, expected[i].close);
		snprintf(text, sizeof(text), "%s and so on", expected[i].word);
		check(text, expected[i].e, expected[i].close);
	}
}

static void
no_row_is_missing_here(void **state)
{
	static const char *const rows[] = {
#define REDIS_ERROR(word, error, connection) word,
#include "redis/redis_errors.def"
#undef REDIS_ERROR
	};
	size_t i, k;

	(void)state;
	assert_int_equal(ARRAY_LEN(rows), ARRAY_LEN(expected));
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		for (k = 0; k < ARRAY_LEN(expected); k++)
			if (strcmp(rows[i], expected[k].word) == 0)
				break;
		assert_true(k < ARRAY_LEN(expected));
	}
}

static void
the_word_of_a_script_is_its_error(void **state)
{
	(void)state;
	check("NO_CAPACITY full=12 service=3", ERR_NO_CAPACITY, false);
	check("NODE_NOT_FOUND there is no node 'a'", ERR_NODE_NOT_FOUND, false);
	check("STALE_EPOCH", ERR_STALE_EPOCH, false);
	check("NOT_LEADER the lease has changed", ERR_NOT_LEADER, false);
}

static void
an_unknown_word_is_internal_and_keeps_the_connection(void **state)
{
	(void)state;
	check("ERR unknown command 'x'", ERR_INTERNAL, false);
	check("WRONGTYPE Operation against a key", ERR_INTERNAL, false);
	check("BUSYGROUP Consumer Group name", ERR_INTERNAL, false);
	check("READONLYX", ERR_INTERNAL, false);
	check("READONL", ERR_INTERNAL, false);
	check("readonly", ERR_INTERNAL, false);
	check(" READONLY", ERR_INTERNAL, false);
	check("ERR READONLY", ERR_INTERNAL, false);
	check("", ERR_INTERNAL, false);
}

/* `len` ends the text, not a NUL. */
static void
the_length_ends_the_text(void **state)
{
	bool close = false;

	(void)state;
	assert_int_equal(redis_error_to_err("READONLYX", 8, &close), ERR_STORE_UNAVAILABLE);
	assert_true(close);
	assert_int_equal(redis_error_to_err("READONLY", 7, &close), ERR_INTERNAL);
	assert_false(close);
}

static void
each_kind_has_a_name(void **state)
{
	static const char *const own[] = { "not_connected", "overloaded", "lost", "timed_out",
		"other" };
	size_t i, k;

	(void)state;
	assert_int_equal(redis_error_kinds(), ARRAY_LEN(own) + ARRAY_LEN(expected));
	for (i = 0; i < ARRAY_LEN(own); i++)
		assert_string_equal(redis_error_name(i), own[i]);
	for (i = 0; i < ARRAY_LEN(expected); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s and so on", expected[i].word);
		k = redis_error_kind(text, strlen(text));
		assert_in_range(k, REDIS_ERROR_NAMED, redis_error_kinds() - 1);
		assert_string_equal(redis_error_name(k), expected[i].word);
	}
	assert_int_equal(redis_error_kind("ERR unknown", 11), REDIS_ERROR_OTHER);
	assert_int_equal(redis_error_kind("NO_CAPACITY full=1", 18), redis_error_kinds());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_has_its_meaning),
		cmocka_unit_test(no_row_is_missing_here),
		cmocka_unit_test(the_word_of_a_script_is_its_error),
		cmocka_unit_test(an_unknown_word_is_internal_and_keeps_the_connection),
		cmocka_unit_test(the_length_ends_the_text),
		cmocka_unit_test(each_kind_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
