/* The router and request targets, without a server. */
#include "fixture.h"

#include "http/router.h"
#include "http/uri.h"

#include <stdio.h>
#include <string.h>

static void
handler(struct request *rq)
{
	(void)rq;
}

static const struct route routes[] = {
	{ METHOD_GET, "/", handler },
	{ METHOD_GET, "/a", handler },
	{ METHOD_POST, "/a", handler },
	{ METHOD_GET, "/a/:x", handler },
	{ METHOD_DELETE, "/a/:x", handler },
	{ METHOD_GET, "/a/:x/b/:y", handler },
};

/* Returns the index of the row that is found; -1 for none. */
static int
find(enum method method, const char *text, const char **params, unsigned *allowed)
{
	static char copy[256];
	static struct uri_path path;
	struct router *r = router_new(routes, ARRAY_LEN(routes));
	const struct route *route;

	snprintf(copy, sizeof(copy), "%s", text);
	assert_true(uri_split_path(copy, &path));
	route = router_match(r, method, &path, params, allowed);
	router_free(r);
	return route == NULL ? -1 : (int)(route - routes);
}

static void
test_match(void **state)
{
	static const struct {
		enum method method;
		const char *path;
		int row;
		const char *x, *y;
	} cases[] = {
		{ METHOD_GET, "/", 0, "", "" },
		{ METHOD_GET, "/a", 1, "", "" },
		{ METHOD_POST, "/a", 2, "", "" },
		{ METHOD_GET, "/%61", 1, "", "" },
		{ METHOD_GET, "/a/", -1, "", "" },
		{ METHOD_GET, "//a", -1, "", "" },
		{ METHOD_GET, "/A", -1, "", "" },
		{ METHOD_GET, "/ab", -1, "", "" },
		{ METHOD_GET, "/a/1", 3, "1", "" },
		{ METHOD_DELETE, "/a/1%2F2", 4, "1/2", "" },
		{ METHOD_GET, "/a/1/", -1, "", "" },
		{ METHOD_GET, "/a/1/b", -1, "", "" },
		{ METHOD_GET, "/a//b/2", -1, "", "" },
		{ METHOD_GET, "/a/1+1/b/%20", 5, "1+1", " " },
		{ METHOD_POST, "/a/1", -1, "", "" },
		{ METHOD_GET, "/a/1/b/2/c", -1, "", "" },
		{ METHOD_GET, "/a/1/b/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6", -1, "", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		const char *params[REQUEST_PARAMS_MAX];
		unsigned allowed;

		assert_int_equal(
		    find(cases[i].method, cases[i].path, params, &allowed), cases[i].row);
		assert_string_equal(params[0], cases[i].x);
		assert_string_equal(params[1], cases[i].y);
	}
}

static void
test_allow(void **state)
{
	const char *params[REQUEST_PARAMS_MAX];
	char text[ROUTER_ALLOW_SIZE];
	unsigned allowed;

	(void)state;
	assert_int_equal(find(METHOD_OTHER, "/a", params, &allowed), -1);
	router_allow_text(allowed, text);
	assert_string_equal(text, "GET, HEAD, POST");
	assert_int_equal(find(METHOD_POST, "/a/1", params, &allowed), -1);
	router_allow_text(allowed, text);
	assert_string_equal(text, "GET, HEAD, DELETE");
	assert_int_equal(find(METHOD_POST, "/nowhere", params, &allowed), -1);
	assert_int_equal(allowed, 0);
	router_allow_text(allowed, text);
	assert_string_equal(text, "");
	router_allow_text(1u << METHOD_GET | 1u << METHOD_POST | 1u << METHOD_DELETE, text);
	assert_string_equal(text, "GET, HEAD, POST, DELETE");
}

static void
test_decode(void **state)
{
	static const struct {
		const char *in;
		bool plus;
		const char *out; /* NULL: refused */
	} cases[] = {
		{ "", false, "" },
		{ "a+b", false, "a+b" },
		{ "a+b", true, "a b" },
		{ "%41%c3%A4", false, "A\xc3\xa4" },
		{ "%2b", true, "+" },
		{ "%25%32%35", false, "%25" },
		{ "%", false, NULL },
		{ "%4", false, NULL },
		{ "%g1", false, NULL },
		{ "%1g", false, NULL },
		{ "%00", false, NULL },
		{ "a%0", false, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		char s[32];

		snprintf(s, sizeof(s), "%s", cases[i].in);
		assert_int_equal(uri_decode(s, cases[i].plus), cases[i].out != NULL);
		if (cases[i].out != NULL)
			assert_string_equal(s, cases[i].out);
	}
}

static void
test_query(void **state)
{
	char text[] = "a=1&&b=x+y%26&c&=v&d==", many[] = "a&b&c", bad[] = "a=%zz";
	struct uri_pair pairs[8];
	size_t n;

	(void)state;
	assert_int_equal(uri_split_query(text, pairs, 8, &n), ERR_OK);
	assert_int_equal(n, 5);
	assert_string_equal(pairs[0].value, "1");
	assert_string_equal(pairs[1].value, "x y&");
	assert_string_equal(pairs[2].name, "c");
	assert_string_equal(pairs[2].value, "");
	assert_string_equal(pairs[3].name, "");
	assert_string_equal(pairs[4].value, "=");
	assert_int_equal(uri_split_query(NULL, pairs, 8, &n), ERR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(uri_split_query(many, pairs, 2, &n), ERR_BAD_REQUEST);
	assert_int_equal(uri_split_query(bad, pairs, 2, &n), ERR_BAD_REQUEST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
