/* The table of errors: what must be true of each row. */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
each_row_is_found_by_its_word(void **state)
{
	int i;

	(void)state;
	for (i = ERR_OK + 1; i < ERR_COUNT; i++) {
		const struct err_info *info = err_info((enum err)i);

		assert_int_equal(err_from_word(info->word, strlen(info->word)), i);
	}
	assert_string_equal(err_info(ERR_NO_CAPACITY)->word, "NO_CAPACITY");
	assert_int_equal(err_from_word("NO_CAPACITY full=1", 11), ERR_NO_CAPACITY);
}

static void
words_and_codes_are_unique(void **state)
{
	int i, k;

	(void)state;
	for (i = ERR_OK + 1; i < ERR_COUNT; i++)
		for (k = ERR_OK + 1; k < i; k++) {
			assert_string_not_equal(
			    err_info((enum err)i)->word, err_info((enum err)k)->word);
			assert_string_not_equal(
			    err_info((enum err)i)->code, err_info((enum err)k)->code);
		}
}

/* The code is the word in lower case, the title is a sentence, the status is one of errors. */
static void
each_row_is_complete(void **state)
{
	int i;

	(void)state;
	for (i = ERR_OK + 1; i < ERR_COUNT; i++) {
		const struct err_info *info = err_info((enum err)i);
		size_t k;

		assert_int_equal(strlen(info->word), strlen(info->code));
		for (k = 0; info->word[k] != '\0'; k++) {
			char small = info->word[k];

			if (small != '_')
				small = (char)(small - 'A' + 'a');
			assert_int_equal(info->code[k], small);
		}
		assert_true(info->title[0] >= 'A' && info->title[0] <= 'Z');
		assert_in_range(info->status, 400, 599);
	}
}

static void
statuses_are_those_of_the_contract(void **state)
{
	static const struct {
		enum err e;
		int status;
		bool retryable;
	} cases[] = {
		{ ERR_INVALID_JSON, 400, false },
		{ ERR_INVALID_FIELD, 400, false },
		{ ERR_UNKNOWN_FIELD, 400, false },
		{ ERR_MISSING_FIELD, 400, false },
		{ ERR_INVALID_ID, 400, false },
		{ ERR_UNKNOWN_STRATEGY, 400, false },
		{ ERR_NOT_FOUND, 404, false },
		{ ERR_NODE_NOT_FOUND, 404, false },
		{ ERR_ASSIGNMENT_NOT_FOUND, 404, false },
		{ ERR_NO_LEADER, 404, true },
		{ ERR_METHOD_NOT_ALLOWED, 405, false },
		{ ERR_NO_CAPACITY, 409, true },
		{ ERR_ASSIGNMENT_CONFLICT, 409, false },
		{ ERR_NOT_A_CANDIDATE, 409, false },
		{ ERR_STALE_EPOCH, 412, false },
		{ ERR_BODY_TOO_LARGE, 413, false },
		{ ERR_URI_TOO_LONG, 414, false },
		{ ERR_UNSUPPORTED_MEDIA_TYPE, 415, false },
		{ ERR_HEADERS_TOO_LARGE, 431, false },
		{ ERR_OVERLOADED, 429, true },
		{ ERR_STORE_UNAVAILABLE, 503, true },
		{ ERR_OUTCOME_UNKNOWN, 504, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(err_info(cases[i].e)->status, cases[i].status);
		assert_int_equal(err_info(cases[i].e)->retryable, cases[i].retryable);
	}
}

static void
an_unknown_word_is_an_internal_error(void **state)
{
	static const char *const words[] = { "", "OK", "ERR", "no_capacity", "NO_CAPACITY ",
		"NO_CAPACITYX", "NO_CAPACIT", "WRONGTYPE", "INTERNAL" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(words); i++)
		assert_int_equal(err_from_word(words[i], strlen(words[i])), ERR_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_found_by_its_word),
		cmocka_unit_test(words_and_codes_are_unique),
		cmocka_unit_test(each_row_is_complete),
		cmocka_unit_test(statuses_are_those_of_the_contract),
		cmocka_unit_test(an_unknown_word_is_an_internal_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
