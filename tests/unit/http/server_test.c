/* What a well-behaved client gets: routes, methods, parameters, bodies, replies. */
#include "fixture.h"

#include "base/error.h"
#include "http/listen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sends a request on `c`; expects `status` and, unless NULL, that the body has `text` in it. */
static void
expect(struct http_client *c, const char *method, const char *path, const char *body, int status,
    const char *text)
{
	struct http_response r;

	assert_true(http_client_call(c, method, path, body, &r));
	if (r.status != status || (text != NULL && strstr(r.body, text) == NULL))
		fail_msg("%s %s: %d %s", method, path, r.status, r.body);
	assert_false(r.close);
	http_response_fini(&r);
}

static void
test_routes(void **state)
{
	struct http_client c = fixture_client(&fixture);

	(void)state;
	expect(&c, "GET", "/", NULL, 200, "home");
	expect(&c, "GET", "/show/x%2Fy", NULL, 200,
	    "{\"a\":\"x/y\",\"b\":\"\",\"q\":null,\"peer\":\"127.0.0.1\"}");
	expect(&c, "GET", "/show/1/of/2", NULL, 200, "{\"a\":\"1\",\"b\":\"2\"");
	expect(&c, "GET", "http://elsewhere:1/show/3?q=4", NULL, 200,
	    "{\"a\":\"3\",\"b\":\"\",\"q\":\"4\"");
	expect(&c, "GET", "HTTP://elsewhere", NULL, 200, "home");
	expect(&c, "GET", "http://elsewhere?q=1", NULL, 200, "home");
	expect(&c, "DELETE", "/item/a", NULL, 204, NULL);
	expect(&c, "GET", "/later", NULL, 200, "{}");
	expect(&c, "GET", "/nowhere", NULL, 404, "No route for GET /nowhere.");
	expect(&c, "GET", "/show/a/", NULL, 404, "No route for GET /show/a/.");
	expect(&c, "GET", "*", NULL, 404, "\"code\":\"not_found\"");
	expect(&c, "POST", "/nowhere", "{}", 404, "No route for POST /nowhere.");
	expect(&c, "GET", "/show/%00", NULL, 400, "bad_request");
	expect(&c, "GET", "/show/%f", NULL, 400, "percent-escape");
	expect(&c, "GET", "/show/a#b", NULL, 400, "fragment");
	expect(&c, "GET", "/", NULL, 200, "home");
	http_client_close(&c);
}

static void
test_query(void **state)
{
	struct http_client c = fixture_client(&fixture);

	(void)state;
	expect(&c, "GET", "/show/a?q=x+y%2B%C3%A4", NULL, 200, "\"q\":\"x y+\xc3\xa4\"");
	expect(&c, "GET", "/show/a?q=", NULL, 200, "\"q\":\"\"");
	expect(&c, "GET", "/show/a?other=1&q=2", NULL, 200, "\"q\":\"2\"");
	expect(&c, "GET", "/show/a?q=%4", NULL, 400, "\"code\":\"bad_request\"");
	expect(&c, "GET", "/show/a?q=1&z=1&q=2", NULL, 400, "\"code\":\"invalid_field\"");
	expect(&c, "GET", "/show/a?q=1&z=1&q=2", NULL, 400, "parameter q is");
	expect(&c, "GET", "/show/a?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&q=16", NULL, 200, "\"q\":\"16\"");
	expect(&c, "GET", "/show/a?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q=17", NULL, 400,
	    "more than 16 parameters");
	http_client_close(&c);
}

static void
test_methods(void **state)
{
	static const char *const others[] = { "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND",
		"M-SEARCH", "SOURCE" };
	static const char tunnel[] = "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n";
	struct http_client c = fixture_client(&fixture);
	struct http_response r;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(others); i++) {
		assert_true(http_client_call(&c, others[i], "/item/1", NULL, &r));
		assert_int_equal(r.status, 405);
		assert_string_equal(http_response_header(&r, "Allow"), "GET, HEAD, DELETE");
		assert_non_null(strstr(r.body, others[i]));
		http_response_fini(&r);
		expect(&c, others[i], "/nowhere", NULL, 404, "not_found");
	}
	assert_true(http_client_call(&c, "DELETE", "/body", NULL, &r));
	assert_int_equal(r.status, 405);
	assert_string_equal(http_response_header(&r, "Allow"), "POST");
	http_response_fini(&r);
	/* The body of a refused request is skipped, and the connection can be used further. */
	expect(&c, "PUT", "/item/1", "GET / HTTP/1.1\r\n\r\n", 405, NULL);
	expect(&c, "GET", "/", NULL, 200, "home");
	http_client_close(&c);
	fixture_refused(&fixture, tunnel, sizeof(tunnel) - 1, 501, "not_implemented");
}

static void
test_head(void **state)
{
	struct http_client c = fixture_client(&fixture);
	struct http_response r;

	(void)state;
	assert_true(http_client_call(&c, "HEAD", "/", NULL, &r));
	assert_int_equal(r.status, 200);
	assert_string_equal(http_response_header(&r, "Content-Length"), "4");
	http_response_fini(&r);
	assert_true(http_client_call(&c, "HEAD", "/nowhere", NULL, &r));
	assert_int_equal(r.status, 404);
	assert_true(atoi(http_response_header(&r, "Content-Length")) > 10);
	http_response_fini(&r);
	/* If one of them had sent a body, this reply would not be understood. */
	expect(&c, "GET", "/", NULL, 200, "home");
	http_client_close(&c);
}

static void
test_replies(void **state)
{
	struct http_client c = fixture_client(&fixture);
	struct http_response r;

	(void)state;
	assert_true(http_client_call(&c, "GET", "/show/a", NULL, &r));
	assert_string_equal(http_response_header(&r, "content-type"), "application/json");
	assert_string_equal(http_response_header(&r, "cache-control"), "no-store");
	assert_null(http_response_header(&r, "connection"));
	assert_null(http_response_header(&r, "server"));
	http_response_fini(&r);

	assert_true(http_client_call(&c, "DELETE", "/item/a%20b", NULL, &r));
	assert_string_equal(http_response_header(&r, "X-Item"), "a b");
	assert_null(http_response_header(&r, "Content-Length"));
	http_response_fini(&r);

	assert_true(http_client_call(&c, "GET", "/problem", NULL, &r));
	assert_int_equal(r.status, 503);
	assert_string_equal(http_response_header(&r, "Content-Type"), "application/problem+json");
	assert_string_equal(http_response_header(&r, "Retry-After"), "1");
	assert_string_equal(r.body,
	    "{\"type\":\"about:blank\",\"title\":\"Redis cannot serve the request\",\"status\":503,"
	    "\"detail\":\"Say \\\"why\\\".\",\"code\":\"store_unavailable\",\"retryable\":true,"
	    "\"reasons\":{\"full\":2}}");
	http_response_fini(&r);

	assert_true(http_client_call(&c, "GET", "/big", NULL, &r));
	assert_int_equal(r.body_len, FIXTURE_BIG);
	assert_int_equal(r.body[FIXTURE_BIG - 1], 'b');
	http_response_fini(&r);
	http_client_close(&c);
}

static void
test_cross_origin(void **state)
{
	static const struct {
		const char *headers;
		int status; /* of a DELETE */
	} cases[] = {
		{ "", 204 },
		{ "Origin: http://a:1\r\n", 204 },
		{ "origin: HTTP://A:1\r\n", 204 },
		{ "Origin: http://a\r\n", 403 },
		{ "Origin: http://a:12\r\n", 403 },
		{ "Origin: http://evil.example\r\n", 403 },
		{ "Origin: null\r\n", 403 },
		{ "Sec-Fetch-Site: same-origin\r\n", 204 },
		{ "Sec-Fetch-Site: none\r\n", 204 },
		{ "Sec-Fetch-Site: cross-site\r\n", 403 },
		{ "Sec-Fetch-Site: same-site\r\n", 403 },
		{ "Sec-Fetch-Site: anything\r\n", 403 },
		{ "Origin: https://proxied\r\nSec-Fetch-Site: same-origin\r\n", 204 },
		{ "Origin: http://a:1\r\nSec-Fetch-Site: cross-site\r\n", 403 },
	};
	struct http_response r;
	char request[512];
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		n = snprintf(request, sizeof(request),
		    "DELETE /item/1 HTTP/1.1\r\n%sHost: a:1\r\n\r\n", cases[i].headers);
		fixture_exchange(&fixture, request, (size_t)n, cases[i].status, &r);
		assert_true(cases[i].status == 204 || strstr(r.body, "\"cross_origin\"") != NULL);
		http_response_fini(&r);
		/* A request that only reads does no harm: the browser keeps the reply from the page. */
		n = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: a:1\r\n%s\r\n",
		    cases[i].headers);
		fixture_exchange(&fixture, request, (size_t)n, 200, &r);
		http_response_fini(&r);
	}
}

static void
test_media_type(void **state)
{
	static const struct {
		const char *type;
		int status;
	} cases[] = {
		{ "Content-Type: application/json\r\n", 201 },
		{ "Content-Type: Application/JSON; charset=utf-8\r\n", 201 },
		{ "content-type:application/json ;charset=utf-8 \r\n", 201 },
		{ "Content-Type: application/json; a-parameter=that-is-longer-than-is-kept\r\n",
		    201 },
		{ "", 201 },
		{ "Content-Type: text/plain\r\n", 415 },
		{ "Content-Type: application/jsonp\r\n", 415 },
		{ "Content-Type: application/json and more\r\n", 415 },
		{ "Content-Type:\r\n", 415 },
		{ "Content-Type: application/json\r\nContent-Type: text/plain\r\n", 415 },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		static const char *const bodies[] = { "Content-Length: 2\r\n\r\n{}",
			"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" };

		for (k = 0; k < ARRAY_LEN(bodies); k++) {
			struct http_response r;
			char text[512];
			int n = snprintf(text, sizeof(text),
			    "POST /body HTTP/1.1\r\nHost: a\r\n%s%s", cases[i].type, bodies[k]);

			fixture_exchange(&fixture, text, (size_t)n, cases[i].status, &r);
			assert_false(r.close);
			http_response_fini(&r);
		}
	}
	for (i = 0; i < 2; i++) {
		static const char *const empty[] = {
			"POST /body HTTP/1.1\r\nHost: a\r\nContent-Type: x/y\r\n\r\n",
			"POST /body HTTP/1.1\r\nHost: a\r\nContent-Type: x/y\r\n"
			"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
		};
		struct http_response r;

		fixture_exchange(&fixture, empty[i], strlen(empty[i]), 201, &r);
		http_response_fini(&r);
	}
}

static void
test_expect(void **state)
{
	static const char ask[] = "POST /body HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n"
	                          "Content-Length: 2\r\n\r\n";
	static const char other[] = "POST /body HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n"
	                            "Content-Length: 2\r\n\r\n";
	static const char nowhere[] = "POST /no HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	                              "Content-Length: 2\r\n\r\n";
	static const char large[] = "POST /body HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	                            "Content-Length: 1048577\r\n\r\n";
	static const char old[] = "POST /body HTTP/1.0\r\nExpect: 100-continue\r\n"
	                          "Content-Length: 2\r\n\r\n{}";
	static const char none[] = "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n";
	struct http_client c = fixture_client(&fixture);
	struct http_response r;

	(void)state;
	assert_true(http_client_send_str(&c, ask));
	assert_true(http_client_read(&c, &r));
	assert_int_equal(r.status, 100);
	http_response_fini(&r);
	assert_true(http_client_send_str(&c, "{}"));
	assert_true(http_client_read(&c, &r));
	assert_int_equal(r.status, 201);
	http_response_fini(&r);
	http_client_close(&c);

	fixture_refused(&fixture, other, sizeof(other) - 1, 417, "expectation_failed");
	fixture_refused(&fixture, nowhere, sizeof(nowhere) - 1, 404, "not_found");
	fixture_refused(&fixture, large, sizeof(large) - 1, 413, "body_too_large");
	fixture_exchange(&fixture, old, sizeof(old) - 1, 201, &r);
	http_response_fini(&r);
	fixture_exchange(&fixture, none, sizeof(none) - 1, 200, &r);
	http_response_fini(&r);
}

static void
test_keep_alive(void **state)
{
	static const struct {
		const char *request;
		const char *connection; /* of the reply */
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", NULL },
		{ "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Close\r\n\r\n", "close" },
		{ "GET / HTTP/1.0\r\n\r\n", "close" },
		{ "GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n", "keep-alive" },
		{ "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "close" },
		/* An offer to upgrade is ignored. */
		{ "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
		  "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
		    NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_client c = fixture_client(&fixture);
		struct http_response r;
		const char *value;

		assert_true(http_client_send_str(&c, cases[i].request));
		assert_true(http_client_read(&c, &r));
		assert_int_equal(r.status, 200);
		value = http_response_header(&r, "Connection");
		if (cases[i].connection == NULL)
			assert_null(value);
		else
			assert_string_equal(value, cases[i].connection);
		if (r.close)
			assert_true(http_client_closed(&c));
		else
			expect(&c, "GET", "/", NULL, 200, "home");
		http_response_fini(&r);
		http_client_close(&c);
	}
}

static void
test_listen(void **state)
{
	char why[128] = "", wanted[128];
	struct http_response r;
	int fd;

	(void)state;
	fd = http_listen("127.0.0.1", fixture.port, why, sizeof(why));
	assert_int_equal(fd, -1);
	snprintf(wanted, sizeof(wanted), "cannot listen on 127.0.0.1:%d: Address already in use",
	    fixture.port);
	assert_string_equal(why, wanted);
	assert_int_equal(http_listen("no such host", 1, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "cannot listen on no such host:1: "));
	fd = http_listen("localhost", 0, why, sizeof(why));
	assert_true(fd >= 0);
	assert_true(http_listen_port(fd) > 0);
	close(fd);
	assert_true(http_call(fixture.port, "POST", "/body", "{\"a\":1}", &r));
	assert_string_equal(r.body, "{\"length\":7,\"first\":\"{\\\"a\\\":1}\"}");
	http_response_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_cross_origin),
		cmocka_unit_test(test_media_type),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_listen),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
