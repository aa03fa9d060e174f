/* Text for a terminal has no control characters and fits the width; tables; options. */
#include "cli/options.h"
#include "cli/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
control_characters_do_not_reach_the_terminal(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain", "plain" },
		{ "\033[2J\033]0;title\007", "?[2J?]0;title?" },
		{ "a\nb\rc\td", "a?b?c?d" },
		{ "\x7f", "?" },
		{ "\xc2\x9b"
		  "31m",
		    "?31m" }, /* C1: CSI in one character */
		{ "\xc2\xa0\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		    "\xc2\xa0\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "a\xe2\x80\xae"
		  "b",
		    "a?b" }, /* changes the direction of the text after it */
		{ "a\xe2\x81\xa6"
		  "b",
		    "a?b" },
		{ "\xe2\x80\xa6", "\xe2\x80\xa6" },
		{ "a\xe2", "a?" }, /* incomplete */
		{ "\x80x", "?x" }, /* a lone continuation byte */
		{ "\xe2\x1b[2J", "??[2J" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf out = BUF_INIT;
		struct terminal_line l = { &out, TERMINAL_UNLIMITED, true };

		terminal_put(&l, PLAIN, cases[i].in);
		assert_string_equal(buf_str(&out), cases[i].out);
		buf_fini(&out);
	}
}

static void
a_line_never_exceeds_its_width(void **state)
{
	struct buf out = BUF_INIT;
	struct terminal_line l = { &out, 6, true };

	(void)state;
	assert_int_equal(terminal_put(&l, RED, "abcd"), 4);
	terminal_pad(&l, 1);
	assert_int_equal(terminal_put(&l, PLAIN, "\xc3\xa4\xc3\xb6"), 1);
	assert_int_equal(terminal_put(&l, GREEN, "more"), 0);
	terminal_pad(&l, 3);
	terminal_putf(&l, PLAIN, "%d", 7);
	assert_string_equal(buf_str(&out), "\033[31mabcd\033[0m \xc3\xa4");
	assert_int_equal(terminal_width("\xc3\xa4\xe2\x82\xac"
	                                "a"),
	    3);
	buf_fini(&out);
}

static void
a_column_is_as_wide_as_its_widest_cell(void **state)
{
	struct buf out = BUF_INIT;
	struct table t;

	(void)state;
	table_init(&t, "NAME|>N|LAST");
	table_add(&t, PLAIN, "a");
	table_addf(&t, PLAIN, "%d", 5);
	table_add(&t, PLAIN, NULL);
	table_add(&t, RED, "\xc3\xa4\xc3\xb6longer");
	table_addf(&t, PLAIN, "%d", 1234);
	table_add(&t, PLAIN, "x");
	table_write(&t, &out, false, TERMINAL_UNLIMITED, 99);
	assert_string_equal(buf_str(&out),
	    "NAME         N  LAST\n"
	    "a            5  -\n"
	    "\xc3\xa4\xc3\xb6longer  1234  x\n");
	buf_reset(&out);
	table_write(&t, &out, false, 5, 2);
	assert_string_equal(buf_str(&out), "NAME \na    \n");
	buf_reset(&out);
	table_write(&t, &out, true, TERMINAL_UNLIMITED, 99);
	assert_non_null(strstr(buf_str(&out), "\033[31m\xc3\xa4\xc3\xb6longer\033[0m"));
	table_fini(&t);
	buf_fini(&out);
}

static enum err
read_args(struct options *o, char *why, size_t why_size, const char *const args[])
{
	int n = 0;

	while (args[n] != NULL)
		n++;
	return options_init(o, n, (char **)(uintptr_t)args, why, why_size);
}

static void
options_are_accepted_anywhere_with_one_dash_or_two(void **state)
{
	struct options o;
	char why[128];

	(void)state;
	assert_int_equal(
	    read_args(&o, why, sizeof(why),
	        (const char *[]){ "muster", "-json", "agent", "--services=a,b", "assign",
	            "-strategy", "random", "x", "--queue", "--", "-y", NULL }),
	    ERR_OK);
	assert_true(o.json && o.queue && !o.once);
	assert_string_equal(o.services, "a,b");
	assert_string_equal(o.strategy, "random");
	assert_null(o.zone);
	assert_int_equal(o.n_words, 4);
	assert_string_equal(o.words[2], "x");
	assert_string_equal(o.words[3], "-y");
	assert_string_equal(options_beyond(&o, "json", "services strategy"), "queue");
	assert_null(options_beyond(&o, "json queue", "services strategy"));
	assert_non_null(options_beyond(&o, "jso queueing", "services strategy"));
}

static void
an_error_names_the_wrong_option(void **state)
{
	static const struct {
		const char *args[8], *why;
		enum err e;
	} cases[] = {
		{ { "muster", "-frob" }, "unknown option '-frob'", ERR_UNKNOWN_FIELD },
		{ { "muster", "-js" }, "unknown option '-js'", ERR_UNKNOWN_FIELD },
		{ { "muster", "-" }, "unknown option '-'", ERR_UNKNOWN_FIELD },
		{ { "muster", "-zone" }, "-zone: a value is expected", ERR_MISSING_FIELD },
		{ { "muster", "-zone=" }, "-zone: a value is expected", ERR_MISSING_FIELD },
		{ { "muster", "-json=1" }, "-json takes no value", ERR_INVALID_FIELD },
		{ { "muster", "-json", "--json" }, "-json is given twice", ERR_INVALID_FIELD },
		{ { "muster", "a", "b", "c", "d", "e", "f", "g" }, NULL, ERR_INVALID_FIELD },
	};
	struct options o;
	char why[128];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (n = 0; n < 8 && cases[i].args[n] != NULL; n++)
			continue;
		assert_int_equal(
		    options_init(&o, (int)n, (char **)(uintptr_t)cases[i].args, why, sizeof(why)),
		    cases[i].e);
		assert_string_equal(
		    why, cases[i].why != NULL ? cases[i].why : "unexpected argument 'g'");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(a_line_never_exceeds_its_width),
		cmocka_unit_test(a_column_is_as_wide_as_its_widest_cell),
		cmocka_unit_test(options_are_accepted_anywhere_with_one_dash_or_two),
		cmocka_unit_test(an_error_names_the_wrong_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
