/* Reading replies by path, errors from answers, and addresses from text. */
#include "client/address.h"
#include "client/error.h"
#include "client/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
    "{\"id\":\"n\",\"load\":0.21505,\"port\":8152,\"healthy\":true,\"zone\":null,"
    "\"services\":[\"a\",\"b\"],\"labels\":{\"k8s.io/x\":\"v\",\"a\":\"\\u00e4\\u0007\"},"
    "\"nodes\":[{\"id\":\"x\"},{\"id\":\"y\",\"n\":{\"m\":-3}}]}";

static void
values_are_found_by_path(void **state)
{
	muster_reply *r = reply_parse(text, strlen(text));

	(void)state;
	assert_non_null(r);
	assert_string_equal(muster_reply_text(r, "id"), "n");
	assert_string_equal(muster_reply_text(r, "nodes.1.id"), "y");
	assert_string_equal(muster_reply_text(r, "services.0"), "a");
	assert_string_equal(muster_reply_text(r, "labels.k8s.io/x"), "v");
	assert_int_equal(muster_reply_int(r, "nodes.1.n.m"), -3);
	assert_int_equal(muster_reply_int(r, "port"), 8152);
	assert_true(muster_reply_number(r, "load") == 0.21505);
	assert_true(muster_reply_number(r, "port") == 8152);
	assert_true(muster_reply_bool(r, "healthy"));
	assert_true(muster_reply_has(r, "services"));
	assert_int_equal(muster_reply_count(r, "services"), 2);
	assert_int_equal(muster_reply_count(r, "nodes.1"), 2);
	assert_int_equal(muster_reply_count(r, ""), 8);
	assert_string_equal(muster_reply_name(r, "labels", 1), "a");
	assert_string_equal(muster_reply_name(r, "", 0), "id");
	muster_reply_free(r);
}

static void
names_may_have_dots(void **state)
{
	static const char dotted[] =
	    "{\"a\":{\"b\":1,\"b.c\":{\"d.e\":2,\"f\":3}},\"a.b.c\":{\"f\":4}}";
	static const char nested[] = "{\"a\":{\"b.c\":{\"d.e\":2}}}";
	muster_reply *r = reply_parse(dotted, strlen(dotted));

	(void)state;
	assert_int_equal(muster_reply_int(r, "a.b"), 1);
	assert_int_equal(muster_reply_int(r, "a.b.c.d.e"), 0); /* "a.b.c" is there, without d.e */
	assert_int_equal(muster_reply_int(r, "a.b.c.f"), 4);
	muster_reply_free(r);
	r = reply_parse(nested, strlen(nested));
	assert_int_equal(muster_reply_int(r, "a.b.c.d.e"), 2);
	muster_reply_free(r);
}

static void
missing_values_are_null_zero_or_false(void **state)
{
	static const char *const paths[] = { "none", "id.x", "services.2", "services.-1",
		"services.x", "services. 0", "services..", ".id", "nodes.0.id.0", "zone",
		"nodes.01x.id" };
	muster_reply *r = reply_parse(text, strlen(text));
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_null(muster_reply_text(r, paths[i]));
		assert_int_equal(muster_reply_int(r, paths[i]), 0);
		assert_true(muster_reply_number(r, paths[i]) == 0);
		assert_false(muster_reply_bool(r, paths[i]));
		assert_false(muster_reply_has(r, paths[i]));
		assert_int_equal(muster_reply_count(r, paths[i]), 0);
	}
	assert_null(muster_reply_json(r, "none"));
	assert_null(muster_reply_name(r, "labels", 2));
	assert_null(muster_reply_name(r, "services", 0));
	assert_null(muster_reply_text(r, "port"));
	assert_int_equal(muster_reply_int(r, "id"), 0);
	assert_null(muster_reply_text(NULL, "id"));
	muster_reply_free(r);
	muster_reply_free(NULL);
}

static void
json_is_ascii_and_keeps_all_digits(void **state)
{
	muster_reply *r = reply_parse(text, strlen(text));
	char *json = muster_reply_json(r, "labels");

	(void)state;
	assert_string_equal(json, "{\"k8s.io/x\":\"v\",\"a\":\"\\u00E4\\u0007\"}");
	free(json);
	json = muster_reply_json(r, "load");
	assert_string_equal(json, "0.21505");
	free(json);
	muster_reply_free(r);
}

static void
only_a_json_object_is_a_reply(void **state)
{
	static const char *const bad[] = { "", "[]", "1", "{", "{\"a\":1,\"a\":2}", "{}x" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(reply_parse(bad[i], strlen(bad[i])));
}

static void
a_problem_becomes_an_error(void **state)
{
	static const char problem[] =
	    "{\"code\":\"no_capacity\",\"detail\":\"no\",\"retryable\":true,"
	    "\"reasons\":{\"full\":12,\"service\":3}}";
	struct muster_error e = { 0 }, copy = { 0 };
	int64_t nodes = 0;

	(void)state;
	error_from_answer(&e, 409, problem, strlen(problem));
	error_copy(&copy, &e);
	error_reset(&e);
	assert_int_equal(muster_error_kind(&e), MUSTER_OK);
	assert_string_equal(muster_error_code(&e), "");
	assert_int_equal(muster_error_kind(&copy), MUSTER_REFUSED);
	assert_string_equal(muster_error_code(&copy), "no_capacity");
	assert_string_equal(muster_error_detail(&copy), "no");
	assert_int_equal(muster_error_status(&copy), 409);
	assert_true(muster_error_retryable(&copy));
	assert_int_equal(muster_error_reasons(&copy), 2);
	assert_string_equal(muster_error_reason(&copy, 1, &nodes), "service");
	assert_int_equal(nodes, 3);
	assert_null(muster_error_reason(&copy, 2, &nodes));
	error_reset(&copy);
}

static void
an_error_that_is_not_a_problem_is_a_bad_answer(void **state)
{
	static const char *const bodies[] = { "", "<html>", "{}", "{\"code\":\"x\"}",
		"{\"code\":1,\"detail\":\"d\"}" };
	struct muster_error e = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		error_from_answer(&e, 404, bodies[i], strlen(bodies[i]));
		assert_int_equal(muster_error_kind(&e), MUSTER_BAD_ANSWER);
		assert_string_equal(muster_error_code(&e), "bad_answer");
		assert_int_equal(muster_error_status(&e), 404);
		assert_false(muster_error_retryable(&e));
	}
	error_reset(&e);
}

static void
missing_parts_of_an_address_are_filled_in(void **state)
{
	static const struct {
		const char *text, *urls[3];
	} cases[] = {
		{ "http://10.0.0.1:8151", { "http://10.0.0.1:8151" } },
		{ "10.0.0.1", { "http://10.0.0.1:8151" } },
		{ "host:99", { "http://host:99" } },
		{ "https://host", { "https://host" } },
		{ "http://host/", { "http://host:8151" } },
		{ "[::1]:8152", { "http://[::1]:8152" } },
		{ "a, b:1 ,http://c:2", { "http://a:8151", "http://b:1", "http://c:2" } },
		{ "a,", { "http://a:8151" } },
		{ "http://host:99/muster", { "http://host:99/muster" } },
		{ "http://host:99/a/b//", { "http://host:99/a/b" } },
		{ "host:99/a", { "http://host:99/a" } },
		/* A path is that of a proxy, which has the usual port. */
		{ "http://proxy/muster", { "http://proxy/muster" } },
		{ "https://proxy/muster/", { "https://proxy/muster" } },
		{ "http://proxy/a/../b", { "http://proxy/b" } },
	};
	struct addresses a;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(addresses_init(&a, cases[i].text));
		for (j = 0; j < a.n; j++)
			assert_string_equal(a.urls[j], cases[i].urls[j]);
		assert_true(j == 3 || cases[i].urls[j] == NULL);
		addresses_fini(&a);
	}
}

static void
malformed_addresses_are_refused(void **state)
{
	static const char *const bad[] = { "", ",", "a,,b", "ftp://host", "http://",
		"http://host/path?x=1", "http://host/path#f", "http://host?x=1",
		"http://host:99999", "http://ho st", "unix:///x", "http://h#f" };
	struct addresses a;
	char many[65 * 2 + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(addresses_init(&a, bad[i]));
	for (i = 0; i < 65; i++)
		memcpy(many + 2 * i, "a,", 3);
	assert_false(addresses_init(&a, many));
	assert_true(addresses_init(&a, many + 2));
	assert_int_equal(a.n, ADDRESSES_MAX);
	addresses_fini(&a);
	assert_null(muster_client_new("nonsense://x"));
}

int
main(void)
{
	const struct CMUnitTest reply[] = {
		cmocka_unit_test(values_are_found_by_path),
		cmocka_unit_test(names_may_have_dots),
		cmocka_unit_test(missing_values_are_null_zero_or_false),
		cmocka_unit_test(json_is_ascii_and_keeps_all_digits),
		cmocka_unit_test(only_a_json_object_is_a_reply),
		cmocka_unit_test(a_problem_becomes_an_error),
		cmocka_unit_test(an_error_that_is_not_a_problem_is_a_bad_answer),
		cmocka_unit_test(missing_parts_of_an_address_are_filled_in),
		cmocka_unit_test(malformed_addresses_are_refused),
	};

	return cmocka_run_group_tests(reply, NULL, NULL);
}
