/* Each kind of field in a body: values at the limits and beyond. */
#include "fixture.h"

#include "base/id.h"

#include <stdio.h>
#include <string.h>

/* Expects the body {"f":<value>} to become the argument `arg`. */
static void
takes(const struct in_field *f, const char *value, const char *arg)
{
	struct buf body = BUF_INIT;
	struct args a;

	buf_addf(&body, "{\"%s\":%s}", f->name, value);
	read_body(&a, body.data, body.len, f, 1);
	if (a.failed != ERR_OK)
		fail_msg("%.200s: %s", body.data, a.detail);
	assert_int_equal(a.script.count, 1);
	assert_string_equal(args_get(&a, 0), arg);
	assert_int_equal(a.script.arg[0].len, strlen(arg));
	script_args_fini(&a.script);
	buf_fini(&body);
}

static void
refuses(const struct in_field *f, const char *value, enum err e, const char *detail)
{
	struct buf body = BUF_INIT;

	buf_addf(&body, "{\"%s\":%s}", f->name, value);
	refuses_body(f, 1, body.data, body.len, e, detail);
	buf_fini(&body);
}

/* A JSON string of n bytes. */
static const char *
text_of(struct buf *b, size_t n)
{
	buf_reset(b);
	buf_add_str(b, "\"");
	while (n-- > 0)
		buf_add_str(b, "x");
	buf_add_str(b, "\"");
	return b->data;
}

/* Makes a JSON array or object, which `brackets` tells, of n items <before>0<after>, <before>1… */
static const char *
many_of(struct buf *b, const char *before, const char *after, const char *brackets, int n)
{
	int i;

	buf_reset(b);
	buf_add(b, brackets, 1);
	for (i = 0; i < n; i++)
		buf_addf(b, "%s%s%d%s", i > 0 ? "," : "", before, i, after);
	buf_add(b, brackets + 1, 1);
	return b->data;
}

static void
an_id_matches_the_pattern(void **state)
{
	static const struct in_field f = { 0, "f", IN_ID }, opt = { 0, "f", IN_ID_OPT };
	struct buf b = BUF_INIT, arg = BUF_INIT;

	(void)state;
	takes(&f, "\"a.B-1_:@\"", "a.B-1_:@");
	text_of(&b, ID_MAX);
	buf_add(&arg, b.data + 1, ID_MAX);
	takes(&f, b.data, arg.data);
	refuses(&f, text_of(&b, ID_MAX + 1), ERR_INVALID_ID, "f: an id matches " ID_PATTERN);
	refuses(&f, "\"\"", ERR_INVALID_ID, "f: an id matches ");
	refuses(&f, "\"-a\"", ERR_INVALID_ID, "f: an id matches ");
	refuses(&f, "\"a b\"", ERR_INVALID_ID, "f: an id matches ");
	refuses(&f, "\"a\\nb\"", ERR_INVALID_ID, "f: an id matches ");
	refuses(&f, "1", ERR_INVALID_FIELD, "f: a string is expected");
	refuses(&f, "null", ERR_INVALID_FIELD, "f: a string is expected");
	takes(&opt, "\"\"", "");
	takes(&opt, "\"a\"", "a");
	refuses(&opt, "\" \"", ERR_INVALID_ID, "f: an id matches ");
	refuses(&opt, "null", ERR_INVALID_FIELD, "f: a string is expected");
	buf_fini(&b);
	buf_fini(&arg);
}

static void
a_text_is_short_and_without_control_characters(void **state)
{
	static const struct in_field f = { 0, "f", IN_TEXT, 0, 5 };

	(void)state;
	takes(&f, "\"a\"", "a");
	takes(&f, "\"a b/c\"", "a b/c");
	takes(&f, "\"\\u00e4\\u00e4!\"", "\xc3\xa4\xc3\xa4!"); /* five bytes */
	refuses(&f, "\"\\u00e4\\u00e4\\u00e4\"", ERR_INVALID_FIELD, "f: 1 to 5 bytes");
	refuses(&f, "\"abcdef\"", ERR_INVALID_FIELD, "f: 1 to 5 bytes");
	refuses(&f, "\"\"", ERR_INVALID_FIELD, "f: 1 to 5 bytes");
	refuses(&f, "\"a\\nb\"", ERR_INVALID_FIELD, "f: 1 to 5 bytes without control");
	refuses(&f, "\"\\u0001\"", ERR_INVALID_FIELD, "f: 1 to 5 bytes without control");
	refuses(&f, "\"\\u001f\"", ERR_INVALID_FIELD, "f: 1 to 5 bytes without control");
	refuses(&f, "\"\\u007f\"", ERR_INVALID_FIELD, "f: 1 to 5 bytes without control");
	refuses(&f, "true", ERR_INVALID_FIELD, "f: a string is expected");
	refuses(&f, "[\"a\"]", ERR_INVALID_FIELD, "f: a string is expected");
}

static void
an_address_is_ipv4_or_ipv6(void **state)
{
	static const struct in_field f = { 0, "f", IN_ADDRESS };

	(void)state;
	takes(&f, "\"10.0.0.2\"", "10.0.0.2");
	takes(&f, "\"255.255.255.255\"", "255.255.255.255");
	takes(&f, "\"::1\"", "::1");
	takes(&f, "\"2001:db8::ff00:42:8329\"", "2001:db8::ff00:42:8329");
	takes(&f, "\"::ffff:10.0.0.2\"", "::ffff:10.0.0.2");
	refuses(&f, "\"\"", ERR_INVALID_FIELD, "f: an IPv4 or IPv6 address is expected");
	refuses(&f, "\"host\"", ERR_INVALID_FIELD, "f: an IPv4 or IPv6 address");
	refuses(&f, "\"10.0.0\"", ERR_INVALID_FIELD, "f: an IPv4 or IPv6 address");
	refuses(&f, "\"10.0.0.256\"", ERR_INVALID_FIELD, "f: an IPv4 or IPv6 address");
	refuses(&f, "\"10.0.0.2:80\"", ERR_INVALID_FIELD, "f: an IPv4 or IPv6 address");
	refuses(&f, "\"[::1]\"", ERR_INVALID_FIELD, "f: an IPv4 or IPv6 address");
	refuses(&f, "\"10.0.0.2 \"", ERR_INVALID_FIELD, "f: an IPv4 or IPv6 address");
	refuses(&f, "10", ERR_INVALID_FIELD, "f: a string is expected");
}

static void
a_whole_number_has_limits(void **state)
{
	static const struct in_field f = { 0, "f", IN_INT, 1, 65535 },
	                             below = { 0, "f", IN_INT, -5, 0 };
	static const struct in_field wide = { 0, "f", IN_INT, 0, 9007199254740992 };

	(void)state;
	takes(&f, "1", "1");
	takes(&f, "65535", "65535");
	refuses(&f, "0", ERR_INVALID_FIELD, "f: a number from 1 to 65535 is expected");
	refuses(&f, "65536", ERR_INVALID_FIELD, "f: a number from 1 to 65535 is expected");
	refuses(&f, "-1", ERR_INVALID_FIELD, "f: a number from 1 to 65535");
	takes(&f, "1.0", "1");
	takes(&f, "1e2", "100");
	takes(&f, "2500e-1", "250");
	refuses(&f, "0.0", ERR_INVALID_FIELD, "f: a number from 1 to 65535 is expected");
	refuses(&f, "1e5", ERR_INVALID_FIELD, "f: a number from 1 to 65535 is expected");
	refuses(&f, "1.5", ERR_INVALID_FIELD, "f: a whole number is expected");
	refuses(&f, "\"1\"", ERR_INVALID_FIELD, "f: a whole number is expected");
	refuses(&f, "true", ERR_INVALID_FIELD, "f: a whole number is expected");
	takes(&below, "-5", "-5");
	takes(&below, "-0", "0");
	takes(&below, "-0.0", "0");
	refuses(&below, "-6", ERR_INVALID_FIELD, "f: a number from -5 to 0");
	takes(&wide, "9007199254740991", "9007199254740991");
	takes(&wide, "9007199254740991.0", "9007199254740991");
}

static void
a_number_has_limits(void **state)
{
	static const struct in_field f = { 0, "f", IN_REAL, 0, 100 };

	(void)state;
	takes(&f, "0", "0");
	takes(&f, "100", "100");
	takes(&f, "100.0", "100");
	takes(&f, "12.5", "12.5");
	takes(&f, "0.1", "0.1");
	takes(&f, "1e1", "10");
	takes(&f, "33.333333333333336", "33.33333333");
	refuses(&f, "100.001", ERR_INVALID_FIELD, "f: a number from 0 to 100 is expected");
	refuses(&f, "-0.001", ERR_INVALID_FIELD, "f: a number from 0 to 100 is expected");
	refuses(&f, "\"1\"", ERR_INVALID_FIELD, "f: a number is expected");
	refuses(&f, "null", ERR_INVALID_FIELD, "f: a number is expected");
	refuses(&f, "[1]", ERR_INVALID_FIELD, "f: a number is expected");
}

static void
a_boolean_is_true_or_false_alone(void **state)
{
	static const struct in_field f = { 0, "f", IN_BOOL };

	(void)state;
	takes(&f, "true", "1");
	takes(&f, "false", "0");
	refuses(&f, "1", ERR_INVALID_FIELD, "f: true or false is expected");
	refuses(&f, "0", ERR_INVALID_FIELD, "f: true or false is expected");
	refuses(&f, "\"true\"", ERR_INVALID_FIELD, "f: true or false is expected");
	refuses(&f, "null", ERR_INVALID_FIELD, "f: true or false is expected");
}

static void
a_flag_is_true_or_nothing(void **state)
{
	static const struct in_field f = { 0, "f", IN_FLAG };

	(void)state;
	takes(&f, "true", "1");
	takes(&f, "false", "");
	refuses(&f, "1", ERR_INVALID_FIELD, "f: true or false is expected");
}

static void
a_choice_is_one_of_its_list(void **state)
{
	static const struct in_field f = { 0, "f", IN_CHOICE, .choices = "online|draining" };

	(void)state;
	takes(&f, "\"online\"", "online");
	takes(&f, "\"draining\"", "draining");
	refuses(&f, "\"\"", ERR_INVALID_FIELD, "f: one of online|draining is expected");
	refuses(&f, "\"onlin\"", ERR_INVALID_FIELD, "f: one of ");
	refuses(&f, "\"line\"", ERR_INVALID_FIELD, "f: one of ");
	refuses(&f, "\"online|draining\"", ERR_INVALID_FIELD, "f: one of ");
	refuses(&f, "\"|\"", ERR_INVALID_FIELD, "f: one of ");
	refuses(&f, "\"Online\"", ERR_INVALID_FIELD, "f: one of ");
	refuses(&f, "1", ERR_INVALID_FIELD, "f: a string is expected");
}

static void
a_list_of_ids_loses_its_repeats(void **state)
{
	static const struct in_field f = { 0, "f", IN_IDS, 0, 64 };
	struct buf b = BUF_INIT, arg = BUF_INIT;
	int i;

	(void)state;
	takes(&f, "[]", "");
	takes(&f, "[\"b\",\"a\"]", "b,a");
	takes(&f, "[\"b\",\"a\",\"b\",\"a\",\"c\"]", "b,a,c");
	takes(&f, "[\"ab\",\"a\",\"b\"]", "ab,a,b");
	for (i = 0; i < 64; i++)
		buf_addf(&arg, "%ss%d", i > 0 ? "," : "", i);
	takes(&f, many_of(&b, "\"s", "\"", "[]", 64), arg.data);
	refuses(&f, many_of(&b, "\"s", "\"", "[]", 65), ERR_INVALID_FIELD,
	    "f: an array of at most 64 ids");
	refuses(&f, "[\"a\",\"\"]", ERR_INVALID_ID, "f: an id matches ");
	refuses(&f, "[\"a,b\"]", ERR_INVALID_ID, "f: an id matches ");
	refuses(&f, "[\"a\",1]", ERR_INVALID_FIELD, "f: an array of strings is expected");
	refuses(&f, "[null]", ERR_INVALID_FIELD, "f: an array of strings is expected");
	refuses(&f, "[[\"a\"]]", ERR_INVALID_FIELD, "f: an array of strings is expected");
	refuses(&f, "\"a\"", ERR_INVALID_FIELD, "f: an array of at most 64 ids");
	refuses(&f, "{}", ERR_INVALID_FIELD, "f: an array of at most 64 ids");
	buf_fini(&b);
	buf_fini(&arg);
}

static void
labels_are_ids_to_short_strings(void **state)
{
	static const struct in_field f = { 0, "f", IN_LABELS, 0, 3 };
	struct buf b = BUF_INIT, arg = BUF_INIT, body = BUF_INIT;

	(void)state;
	takes(&f, "{}", "");
	takes(&f, "{\"b\": \"2\", \"a\": \"\"}", "a=,b=2");
	takes(&f, "{\"a-b\": \"1\", \"a\": \"2\"}", "a=2,a-b=1");
	takes(&f, "{\"a\":\"say \\\"\\u00fc\\\"\\n\"}", "a=say%20%22%C3%BC%22%0A");
	takes(&f, many_of(&b, "\"l", "\":\"v\"", "{}", 3), "l0=v,l1=v,l2=v");
	refuses(&f, many_of(&b, "\"l", "\":\"v\"", "{}", 4), ERR_INVALID_FIELD, "f: at most 3");
	buf_addf(&body, "{\"a\":%s}", text_of(&b, 256));
	buf_addf(&arg, "a=%.256s", b.data + 1);
	takes(&f, body.data, arg.data);
	buf_reset(&arg);
	buf_addf(&arg, "{\"a\":%s}", text_of(&b, 257));
	refuses(&f, arg.data, ERR_INVALID_FIELD, "f: a value has at most 256 bytes");
	refuses(&f, "{\"a b\":\"1\"}", ERR_INVALID_ID, "f: an id matches ");
	refuses(&f, "{\"\":\"1\"}", ERR_INVALID_ID, "f: an id matches ");
	refuses(&f, "{\"a\":1}", ERR_INVALID_FIELD, "f: all values must be strings");
	refuses(&f, "{\"a\":null}", ERR_INVALID_FIELD, "f: all values must be strings");
	refuses(&f, "[]", ERR_INVALID_FIELD, "f: an object is expected");
	refuses(&f, "\"a\"", ERR_INVALID_FIELD, "f: an object is expected");
	buf_fini(&b);
	buf_fini(&arg);
	buf_fini(&body);
}

static void
amounts_are_ids_to_whole_numbers(void **state)
{
	static const struct in_field f = { 0, "f", IN_AMOUNTS, 0, 3 };
	struct buf b = BUF_INIT;

	(void)state;
	takes(&f, "{}", "");
	takes(&f, "{\"mb\":1000000000000,\"gpu\":0}", "gpu=0,mb=1000000000000");
	takes(&f, "{\"a\":1e1,\"b\":10.0}", "a=10,b=10");
	takes(&f, many_of(&b, "\"r", "\":1", "{}", 3), "r0=1,r1=1,r2=1");
	refuses(&f, many_of(&b, "\"r", "\":1", "{}", 4), ERR_INVALID_FIELD, "f: at most 3");
	refuses(&f, "{\"a\":1000000000001}", ERR_INVALID_FIELD,
	    "f.a: a whole number from 0 to 1000000000000 is expected");
	refuses(&f, "{\"a\":-1}", ERR_INVALID_FIELD, "f.a: a whole number");
	refuses(&f, "{\"a\":1.5}", ERR_INVALID_FIELD, "f.a: a whole number");
	refuses(&f, "{\"a\":\"1\"}", ERR_INVALID_FIELD, "f.a: a whole number");
	refuses(&f, "{\"a\":null}", ERR_INVALID_FIELD, "f.a: a whole number");
	refuses(&f, "{\"a b\":1}", ERR_INVALID_ID, "f: an id matches ");
	refuses(&f, "[]", ERR_INVALID_FIELD, "f: an object is expected");
	refuses(&f, "1", ERR_INVALID_FIELD, "f: an object is expected");
	buf_fini(&b);
}

static void
a_domain_is_a_node_a_zone_or_a_label(void **state)
{
	static const struct in_field f = { 0, "f", IN_DOMAIN };

	(void)state;
	takes(&f, "\"node\"", "node");
	takes(&f, "\"zone\"", "zone");
	takes(&f, "\"label:rack.1\"", "label:rack.1");
	refuses(&f, "\"\"", ERR_INVALID_FIELD, "f: node, zone or label:KEY is expected");
	refuses(&f, "\"label\"", ERR_INVALID_FIELD, "f: node, zone or label:KEY");
	refuses(&f, "\"label:\"", ERR_INVALID_FIELD, "f: node, zone or label:KEY");
	refuses(&f, "\"label:a b\"", ERR_INVALID_FIELD, "f: node, zone or label:KEY");
	refuses(&f, "\"rack\"", ERR_INVALID_FIELD, "f: node, zone or label:KEY");
	refuses(&f, "1", ERR_INVALID_FIELD, "f: a string is expected");
}

static void
a_set_of_ids_is_sorted(void **state)
{
	static const struct in_field f = { 0, "f", IN_ID_SET, 0, 3 };
	struct buf b = BUF_INIT;

	(void)state;
	takes(&f, "[]", "");
	takes(&f, "[\"b\",\"a\",\"b\"]", "a,b");
	takes(&f, "[\"b\",\"B\",\"a\"]", "B,a,b");
	refuses(&f, many_of(&b, "\"s", "\"", "[]", 4), ERR_INVALID_FIELD,
	    "f: an array of at most 3 ids");
	refuses(&f, "[\"a\",\"-\"]", ERR_INVALID_ID, "f: an id matches ");
	buf_fini(&b);
}

static void
an_object_of_strings_has_a_length(void **state)
{
	static const struct in_field f = { 0, "f", IN_STRINGS, 0, 20 };

	(void)state;
	takes(&f, "{}", "");
	takes(&f, "{ \"any key!\" : \"v\" }", "{\"any key!\":\"v\"}");
	takes(&f, "{\"k\":\"123456789012\"}", "{\"k\":\"123456789012\"}"); /* 20 bytes */
	refuses(&f, "{\"k\":\"1234567890123\"}", ERR_INVALID_FIELD, "f: at most 20 bytes as JSON");
	refuses(&f, "{\"k\":true}", ERR_INVALID_FIELD, "f: all values must be strings");
	refuses(&f, "{\"k\":{}}", ERR_INVALID_FIELD, "f: all values must be strings");
	refuses(&f, "[\"v\"]", ERR_INVALID_FIELD, "f: an object is expected");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_matches_the_pattern),
		cmocka_unit_test(a_text_is_short_and_without_control_characters),
		cmocka_unit_test(an_address_is_ipv4_or_ipv6),
		cmocka_unit_test(a_whole_number_has_limits),
		cmocka_unit_test(a_number_has_limits),
		cmocka_unit_test(a_boolean_is_true_or_false_alone),
		cmocka_unit_test(a_flag_is_true_or_nothing),
		cmocka_unit_test(a_choice_is_one_of_its_list),
		cmocka_unit_test(a_domain_is_a_node_a_zone_or_a_label),
		cmocka_unit_test(a_list_of_ids_loses_its_repeats),
		cmocka_unit_test(a_set_of_ids_is_sorted),
		cmocka_unit_test(labels_are_ids_to_short_strings),
		cmocka_unit_test(amounts_are_ids_to_whole_numbers),
		cmocka_unit_test(an_object_of_strings_has_a_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
