/* Bodies, parameters and queries as a script's arguments: each kind at its edges, each refusal. */
#include "api/input.h"

#include "base/id.h"
#include "http/request_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A request with a body of `len` bytes. */
static struct request *
with_body(const char *body, size_t len)
{
	struct request *rq = request_new(NULL, NULL, "127.0.0.1");

	buf_add(&rq->body, body, len);
	return rq;
}

static void
read_body(struct args *a, const char *body, size_t len, const struct in_field *fields, size_t n)
{
	struct request *rq = with_body(body, len);

	args_begin(a, SCRIPT_READY_CHECK);
	args_body(a, rq, fields, n);
	request_free(rq);
}

/* Expects the body {"f":<value>} to give this argument. */
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

/* Expects this body to be refused, with a detail that starts so. */
static void
refuses_body(const struct in_field *fields, size_t n, const char *body, size_t len, enum err e,
    const char *detail)
{
	struct args a;

	read_body(&a, body, len, fields, n);
	if (a.failed != e || strncmp(a.detail, detail, strlen(detail)) != 0)
		fail_msg("%.200s: %d instead of %d: %s", body, (int)a.failed, (int)e, a.detail);
	assert_string_equal(args_get(&a, 0), "");
	script_args_fini(&a.script);
}

static void
refuses(const struct in_field *f, const char *value, enum err e, const char *detail)
{
	struct buf body = BUF_INIT;

	buf_addf(&body, "{\"%s\":%s}", f->name, value);
	refuses_body(f, 1, body.data, body.len, e, detail);
	buf_fini(&body);
}

/* "xxx…" of n bytes with quotes; and a list or object of n items made by a format with one %d. */
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
ids(void **state)
{
	static const struct in_field f = { "f", IN_ID }, opt = { "f", IN_ID_OPT };
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
texts(void **state)
{
	static const struct in_field f = { "f", IN_TEXT, 0, 5 };

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
addresses(void **state)
{
	static const struct in_field f = { "f", IN_ADDRESS };

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
whole_numbers(void **state)
{
	static const struct in_field f = { "f", IN_INT, 1, 65535 }, below = { "f", IN_INT, -5, 0 };
	static const struct in_field wide = { "f", IN_INT, 0, 9007199254740992 };

	(void)state;
	takes(&f, "1", "1");
	takes(&f, "65535", "65535");
	refuses(&f, "0", ERR_INVALID_FIELD, "f: a number from 1 to 65535 is expected");
	refuses(&f, "65536", ERR_INVALID_FIELD, "f: a number from 1 to 65535 is expected");
	refuses(&f, "-1", ERR_INVALID_FIELD, "f: a number from 1 to 65535");
	refuses(&f, "1.0", ERR_INVALID_FIELD, "f: a whole number is expected");
	refuses(&f, "1e2", ERR_INVALID_FIELD, "f: a whole number is expected");
	refuses(&f, "\"1\"", ERR_INVALID_FIELD, "f: a whole number is expected");
	refuses(&f, "true", ERR_INVALID_FIELD, "f: a whole number is expected");
	takes(&below, "-5", "-5");
	takes(&below, "-0", "0");
	refuses(&below, "-6", ERR_INVALID_FIELD, "f: a number from -5 to 0");
	takes(&wide, "9007199254740991", "9007199254740991");
}

static void
real_numbers(void **state)
{
	static const struct in_field f = { "f", IN_REAL, 0, 100 };

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
booleans(void **state)
{
	static const struct in_field f = { "f", IN_BOOL };

	(void)state;
	takes(&f, "true", "1");
	takes(&f, "false", "0");
	refuses(&f, "1", ERR_INVALID_FIELD, "f: true or false is expected");
	refuses(&f, "0", ERR_INVALID_FIELD, "f: true or false is expected");
	refuses(&f, "\"true\"", ERR_INVALID_FIELD, "f: true or false is expected");
	refuses(&f, "null", ERR_INVALID_FIELD, "f: true or false is expected");
}

static void
choices(void **state)
{
	static const struct in_field f = { "f", IN_CHOICE, .choices = "online|draining" };

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
lists_of_ids(void **state)
{
	static const struct in_field f = { "f", IN_IDS, 0, 64 };
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
labels(void **state)
{
	static const struct in_field f = { "f", IN_LABELS, 0, 3 };
	struct buf b = BUF_INIT, arg = BUF_INIT;

	(void)state;
	takes(&f, "{}", "");
	takes(&f, "{\"b\": \"2\", \"a\": \"\"}", "{\"a\":\"\",\"b\":\"2\"}");
	takes(&f, "{\"a\":\"say \\\"\\u00fc\\\"\\n\"}", "{\"a\":\"say \\\"\xc3\xbc\\\"\\n\"}");
	takes(&f, many_of(&b, "\"l", "\":\"v\"", "{}", 3),
	    "{\"l0\":\"v\",\"l1\":\"v\",\"l2\":\"v\"}");
	refuses(&f, many_of(&b, "\"l", "\":\"v\"", "{}", 4), ERR_INVALID_FIELD, "f: at most 3");
	buf_addf(&arg, "{\"a\":%s}", text_of(&b, 256));
	takes(&f, arg.data, arg.data);
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
}

static void
objects_of_strings(void **state)
{
	static const struct in_field f = { "f", IN_STRINGS, 0, 20 };

	(void)state;
	takes(&f, "{}", "");
	takes(&f, "{ \"any key!\" : \"v\" }", "{\"any key!\":\"v\"}");
	takes(&f, "{\"k\":\"123456789012\"}", "{\"k\":\"123456789012\"}"); /* 20 bytes */
	refuses(&f, "{\"k\":\"1234567890123\"}", ERR_INVALID_FIELD, "f: at most 20 bytes as JSON");
	refuses(&f, "{\"k\":true}", ERR_INVALID_FIELD, "f: all values must be strings");
	refuses(&f, "{\"k\":{}}", ERR_INVALID_FIELD, "f: all values must be strings");
	refuses(&f, "[\"v\"]", ERR_INVALID_FIELD, "f: an object is expected");
}

static const struct in_field three[] = {
	{ "id", IN_ID, .required = true },
	{ "n", IN_INT, 0, 9 },
	{ "services", IN_IDS, 0, 4 },
};

static void
fields_come_in_the_tables_order(void **state)
{
	static const char body[] = " {\"services\":[\"s\"],\"n\":1,\"id\":\"a\"}\r\n";
	struct args a;

	(void)state;
	read_body(&a, body, strlen(body), three, ARRAY_LEN(three));
	assert_int_equal(a.failed, ERR_OK);
	assert_int_equal(a.script.count, 3);
	assert_string_equal(args_get(&a, 0), "a");
	assert_string_equal(args_get(&a, 1), "1");
	assert_string_equal(args_get(&a, 2), "s");
	script_args_fini(&a.script);
}

static void
absent_fields_are_empty_and_take_defaults(void **state)
{
	struct args a;

	(void)state;
	read_body(&a, "{\"id\":\"a\"}", 10, three, ARRAY_LEN(three));
	assert_int_equal(a.failed, ERR_OK);
	assert_int_equal(a.script.count, 3);
	assert_string_equal(args_get(&a, 1), "");
	args_default(&a, 0, "other");
	args_default(&a, 1, "10");
	args_text(&a, "own");
	assert_string_equal(args_get(&a, 0), "a");
	assert_string_equal(args_get(&a, 1), "10");
	assert_int_equal(a.script.arg[1].len, 2);
	assert_string_equal(args_get(&a, 2), "");
	assert_string_equal(args_get(&a, 3), "own");
	script_args_fini(&a.script);
}

static void
an_empty_body_is_an_empty_object(void **state)
{
	struct args a;

	(void)state;
	read_body(&a, "", 0, three + 1, 2);
	assert_int_equal(a.failed, ERR_OK);
	assert_int_equal(a.script.count, 2);
	script_args_fini(&a.script);
	refuses_body(three, 3, "", 0, ERR_MISSING_FIELD, "id: it is required");
}

static void
what_is_no_such_object_is_refused(void **state)
{
	static const struct {
		const char *body;
		size_t len;
		enum err e;
		const char *detail;
	} cases[] = {
		{ "{}", 2, ERR_MISSING_FIELD, "id: it is required" },
		{ "{\"id\":\"a\",\"x\":1}", 16, ERR_UNKNOWN_FIELD, "x: there is no such field" },
		{ "{\"Id\":\"a\"}", 10, ERR_UNKNOWN_FIELD, "Id: there is no such field" },
		{ "{\"id\":\"a\",\"id\":\"a\"}", 19, ERR_INVALID_JSON, "line 1, column " },
		{ "[]", 2, ERR_INVALID_JSON, "the body must be a JSON object" },
		{ "\"id\"", 4, ERR_INVALID_JSON, "the body must be a JSON object" },
		{ "null", 4, ERR_INVALID_JSON, "the body must be a JSON object" },
		{ "1", 1, ERR_INVALID_JSON, "the body must be a JSON object" },
		{ " ", 1, ERR_INVALID_JSON, "line 1, column " },
		{ "{", 1, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\"} x", 12, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\"}{}", 12, ERR_INVALID_JSON, "line 1, column " },
		{ "{\n\"id\":a}", 9, ERR_INVALID_JSON, "line 2, column " },
		{ "{\"id\":\"a\",}", 11, ERR_INVALID_JSON, "line 1, column " },
		{ "{'id':'a'}", 10, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\nb\"}", 12, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\xff\"}", 11, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\\u0000\"}", 16, ERR_INVALID_JSON, "line 1, column " },
		{ "{\"id\":\"a\"}\0", 11, ERR_INVALID_JSON, "line 1, column " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		refuses_body(three, 3, cases[i].body, cases[i].len, cases[i].e, cases[i].detail);
}

static void
a_long_unknown_name_is_cut(void **state)
{
	struct buf b = BUF_INIT;
	struct args a;
	int i;

	(void)state;
	buf_add_str(&b, "{\"");
	for (i = 0; i < 2000; i++)
		buf_add_str(&b, "n");
	buf_add_str(&b, "\":1}");
	read_body(&a, b.data, b.len, three + 1, 2);
	assert_int_equal(a.failed, ERR_UNKNOWN_FIELD);
	assert_int_equal(strspn(a.detail, "n"), 128);
	assert_string_equal(a.detail + 128, ": there is no such field");
	script_args_fini(&a.script);
	buf_fini(&b);
}

static void
the_first_failure_sticks(void **state)
{
	struct request *rq = with_body("{\"n\":77}", 8);
	struct args a;

	(void)state;
	args_begin(&a, SCRIPT_READY_CHECK);
	rq->params[0] = "not an id";
	args_param(&a, rq, 0, "node");
	args_body(&a, rq, three, 3);
	args_query_int(&a, rq, "limit", 1, 10, "5");
	args_text(&a, "text");
	args_default(&a, 0, "default");
	args_fail(&a, ERR_INTERNAL, "another");
	assert_int_equal(a.failed, ERR_INVALID_ID);
	assert_string_equal(a.detail, "node: an id matches " ID_PATTERN);
	assert_int_equal(a.script.count, 0);
	script_args_fini(&a.script);
	request_free(rq);
}

static void
a_path_parameter_is_an_id(void **state)
{
	struct request *rq = with_body("", 0);
	struct args a;

	(void)state;
	args_begin(&a, SCRIPT_READY_CHECK);
	rq->params[1] = "node-1";
	args_param(&a, rq, 1, "id");
	assert_string_equal(args_get(&a, 0), "node-1");
	args_param(&a, rq, 0, "id"); /* as that of "/nodes/" */
	assert_int_equal(a.failed, ERR_INVALID_ID);
	script_args_fini(&a.script);
	request_free(rq);
}

/* One query parameter; `error` ERR_OK means that it gives `arg`. */
static void
check_query(const char *value, const char *choices_of_it, enum err error, const char *arg)
{
	struct request *rq = with_body("", 0);
	struct args a;

	rq->query[0] = (struct uri_pair){ "q", value };
	rq->n_query = 1;
	args_begin(&a, SCRIPT_READY_CHECK);
	args_query(&a, rq, "q", choices_of_it);
	assert_int_equal(a.failed, error);
	if (error == ERR_OK)
		assert_string_equal(args_get(&a, 0), arg);
	else
		assert_true(strncmp(a.detail, "q: ", 3) == 0);
	script_args_fini(&a.script);
	request_free(rq);
}

static void
a_query_parameter_is_an_id_or_a_choice(void **state)
{
	struct request *rq = with_body("", 0);
	struct args a;

	(void)state;
	check_query("a-1", NULL, ERR_OK, "a-1");
	check_query("", NULL, ERR_OK, "");
	check_query("a b", NULL, ERR_INVALID_ID, NULL);
	check_query("online", "online|offline", ERR_OK, "online");
	check_query("", "online|offline", ERR_OK, "");
	check_query("on", "online|offline", ERR_INVALID_FIELD, NULL);
	args_begin(&a, SCRIPT_READY_CHECK);
	args_query(&a, rq, "q", NULL);
	assert_int_equal(a.failed, ERR_OK);
	assert_string_equal(args_get(&a, 0), "");
	script_args_fini(&a.script);
	request_free(rq);
}

static void
a_whole_number_in_a_query_has_limits(void **state)
{
	static const struct {
		const char *value;
		bool good;
	} cases[] = {
		{ "1", true },
		{ "1000", true },
		{ "0", false },
		{ "1001", false },
		{ "-1", false },
		{ "+1", false },
		{ " 1", false },
		{ "1 ", false },
		{ "1.0", false },
		{ "1e2", false },
		{ "0x1", false },
		{ "x", false },
		{ "99999999999999999999", false },
		{ "18446744073709551617", false },
		{ "000000000000000001", true },
		{ "0000000000000000001", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct request *rq = with_body("", 0);
		struct args a;

		rq->query[0] = (struct uri_pair){ "limit", cases[i].value };
		rq->n_query = 1;
		args_begin(&a, SCRIPT_READY_CHECK);
		args_query_int(&a, rq, "limit", 1, 1000, "100");
		if ((a.failed == ERR_OK) != cases[i].good)
			fail_msg("'%s': %d", cases[i].value, (int)a.failed);
		if (cases[i].good)
			assert_string_equal(args_get(&a, 0), cases[i].value);
		else
			assert_string_equal(
			    a.detail, "limit: a whole number from 1 to 1000 is expected");
		script_args_fini(&a.script);
		request_free(rq);
	}
}

static void
an_absent_number_in_a_query_has_its_default(void **state)
{
	struct request *rq = with_body("", 0);
	struct args a;

	(void)state;
	args_begin(&a, SCRIPT_READY_CHECK);
	args_query_int(&a, rq, "limit", 1, 1000, "100");
	args_query_int(&a, rq, "epoch", 0, (int64_t)1 << 53, "");
	assert_int_equal(a.failed, ERR_OK);
	assert_string_equal(args_get(&a, 0), "100");
	assert_string_equal(args_get(&a, 1), "");
	script_args_fini(&a.script);
	request_free(rq);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(texts),
		cmocka_unit_test(addresses),
		cmocka_unit_test(whole_numbers),
		cmocka_unit_test(real_numbers),
		cmocka_unit_test(booleans),
		cmocka_unit_test(choices),
		cmocka_unit_test(lists_of_ids),
		cmocka_unit_test(labels),
		cmocka_unit_test(objects_of_strings),
		cmocka_unit_test(fields_come_in_the_tables_order),
		cmocka_unit_test(absent_fields_are_empty_and_take_defaults),
		cmocka_unit_test(an_empty_body_is_an_empty_object),
		cmocka_unit_test(what_is_no_such_object_is_refused),
		cmocka_unit_test(a_long_unknown_name_is_cut),
		cmocka_unit_test(the_first_failure_sticks),
		cmocka_unit_test(a_path_parameter_is_an_id),
		cmocka_unit_test(a_query_parameter_is_an_id_or_a_choice),
		cmocka_unit_test(a_whole_number_in_a_query_has_limits),
		cmocka_unit_test(an_absent_number_in_a_query_has_its_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
