/* The JSON writer. All that it writes is read back by jansson, which is strict. */
#include "base/json.h"

#include "base/error.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Expects `b` to hold exactly this text, and it to be JSON; empties `b`. */
static void
check(struct buf *b, const char *expected)
{
	json_t *read = json_loadb(buf_str(b), b->len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	assert_string_equal(buf_str(b), expected);
	assert_non_null(read);
	json_decref(read);
	buf_fini(b);
}

static void
commas_stand_between_values_alone(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	json_begin_object(&b, NULL);
	json_begin_array(&b, "empty");
	json_end_array(&b);
	json_begin_object(&b, "none");
	json_end_object(&b);
	json_begin_array(&b, "list");
	json_add_int(&b, NULL, 1);
	json_begin_object(&b, NULL);
	json_add_bool(&b, "t", true);
	json_add_bool(&b, "f", false);
	json_end_object(&b);
	json_begin_array(&b, NULL);
	json_add_null(&b, NULL);
	json_add_text(&b, NULL, "x");
	json_end_array(&b);
	json_add_text(&b, NULL, "y");
	json_end_array(&b);
	json_add_null(&b, "n");
	json_add_raw(&b, "raw", "{\"a\":1.5}", 9);
	json_end_object(&b);
	check(&b,
	    "{\"empty\":[],\"none\":{},\"list\":[1,{\"t\":true,\"f\":false},[null,\"x\"],\"y\"],"
	    "\"n\":null,\"raw\":{\"a\":1.5}}");
}

/* Also after a string that ends in an opening bracket. */
static void
a_comma_follows_any_string(void **state)
{
	static const char *const ends[] = { "", "{", "[", ":", ",", "\"", "\\" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(ends); i++) {
		struct buf b = BUF_INIT;
		json_t *read;

		json_begin_array(&b, NULL);
		json_add_text(&b, NULL, ends[i]);
		json_add_text(&b, NULL, ends[i]);
		json_end_array(&b);
		read = json_loads(buf_str(&b), 0, NULL);
		assert_int_equal(json_array_size(read), 2);
		assert_string_equal(json_string_value(json_array_get(read, 1)), ends[i]);
		json_decref(read);
		buf_fini(&b);
	}
}

static void
integers_are_exact_to_both_ends(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	json_begin_array(&b, NULL);
	json_add_int(&b, NULL, INT64_MAX);
	json_add_int(&b, NULL, INT64_MIN);
	json_add_int(&b, NULL, 0);
	json_end_array(&b);
	check(&b, "[9223372036854775807,-9223372036854775808,0]");
}

static void
a_missing_string_is_null(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	json_begin_object(&b, NULL);
	json_add_text(&b, "a", NULL);
	json_add_string(&b, "b", NULL, 5);
	json_add_text(&b, "c", "");
	json_end_object(&b);
	check(&b, "{\"a\":null,\"b\":null,\"c\":\"\"}");
}

static void
quotes_and_backslashes_are_escaped(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	json_add_text(&b, NULL, "say \"C:\\x\" / done\\");
	check(&b, "\"say \\\"C:\\\\x\\\" / done\\\\\"");
}

/* Each ASCII byte is read back unchanged, and the text has none that JSON forbids. */
static void
every_ascii_byte_survives(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 0x80; c++) {
		char text[3] = { 'a', (char)c, 'z' };
		struct buf b = BUF_INIT;
		json_t *read;
		size_t i;

		json_add_string(&b, NULL, text, 3);
		for (i = 0; i < b.len; i++)
			assert_true((unsigned char)b.data[i] >= 0x20);
		read = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_int_equal(json_string_length(read), 3);
		assert_memory_equal(json_string_value(read), text, 3);
		json_decref(read);
		buf_fini(&b);
	}
}

static void
valid_utf8_stays(void **state)
{
	static const char *const texts[] = { "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
		"gr\xc3\xbc\xc3\x9f\xe2\x82\xac\xf0\x9f\x98\x80." };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf b = BUF_INIT, expected = BUF_INIT;

		buf_addf(&expected, "\"%s\"", texts[i]);
		json_add_text(&b, NULL, texts[i]);
		check(&b, buf_str(&expected));
		buf_fini(&expected);
	}
}

#define BAD "\xef\xbf\xbd"

static void
invalid_utf8_is_replaced(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "\x80", BAD },                                    /* a lone continuation byte */
		{ "a\xffz", "a" BAD "z" },                          /* never in UTF-8 */
		{ "\xc0\x80", BAD BAD },                            /* overlong NUL */
		{ "\xc1\xbf", BAD BAD },                            /* overlong DEL */
		{ "\xe0\x9f\xbf", BAD BAD BAD },                    /* overlong */
		{ "\xed\xa0\x80", BAD BAD BAD },                    /* half of a surrogate pair */
		{ "\xf0\x8f\xbf\xbf", BAD BAD BAD BAD },            /* overlong */
		{ "\xf4\x90\x80\x80", BAD BAD BAD BAD },            /* above U+10FFFF */
		{ "\xf5\x80\x80\x80", BAD BAD BAD BAD },            /* above U+10FFFF */
		{ "\xc3(", BAD "(" },                               /* no continuation byte */
		{ "\xe2\x82z", BAD BAD "z" },                       /* one byte is missing */
		{ "\xe2\x82", BAD BAD },                            /* cut off */
		{ "\xc3", BAD },                                    /* cut off */
		{ "\xf0\x9f\x98\xc3\xbc", BAD BAD BAD "\xc3\xbc" }, /* cut off by another character */
		{ "\xc3\"", BAD "\\\"" },                           /* the quote is kept */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT, expected = BUF_INIT;

		buf_addf(&expected, "\"%s\"", cases[i].expected);
		json_add_text(&b, NULL, cases[i].text);
		check(&b, buf_str(&expected));
		buf_fini(&expected);
	}
}

/* Bytes after the given length do not complete a sequence. */
static void
a_length_ends_a_string(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	json_add_string(&b, NULL, "ab\xc3\xbc", 3);
	check(&b, "\"ab" BAD "\"");
	json_add_string(&b, NULL, "a\0b", 3);
	check(&b, "\"a\\u0000b\"");
	json_add_string(&b, NULL, "abc", 0);
	check(&b, "\"\"");
}

static void
a_byte_that_is_not_plain_is_found_wherever_it_stands(void **state)
{
	struct buf b = BUF_INIT;
	char text[24];
	size_t at;
	int c;

	(void)state;
	for (at = 0; at < sizeof(text); at++)
		for (c = 0; c < 256; c++) {
			bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			assert_int_equal(
			    json_plain_length(text, sizeof(text)), plain ? sizeof(text) : at);
			assert_int_equal(json_plain_length(text, at), at);
			assert_int_equal(
			    json_add_plain(&b, text, sizeof(text)), plain ? sizeof(text) : at);
			assert_int_equal(b.len, plain ? sizeof(text) : at);
			assert_memory_equal(buf_str(&b), text, b.len);
			buf_reset(&b);
		}
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_stand_between_values_alone),
		cmocka_unit_test(a_comma_follows_any_string),
		cmocka_unit_test(integers_are_exact_to_both_ends),
		cmocka_unit_test(a_missing_string_is_null),
		cmocka_unit_test(quotes_and_backslashes_are_escaped),
		cmocka_unit_test(every_ascii_byte_survives),
		cmocka_unit_test(valid_utf8_stays),
		cmocka_unit_test(invalid_utf8_is_replaced),
		cmocka_unit_test(a_length_ends_a_string),
		cmocka_unit_test(a_byte_that_is_not_plain_is_found_wherever_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
