/* What proxies and the usual client libraries rely on, beyond what a request needs to be answered. */
#include "fixture.h"

#include "base/error.h"
#include "http/uri.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Expects that `r` has a Date in the form of RFC 9110, from the last few seconds. */
static void
check_date(struct http_response *r)
{
	const char *text = http_response_header(r, "Date"), *end;
	struct tm tm = { 0 };
	double age;

	assert_non_null(text);
	assert_int_equal(strlen(text), strlen("Sun, 06 Nov 1994 08:49:37 GMT"));
	end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	assert_true(end != NULL && *end == '\0');
	age = difftime(time(NULL), timegm(&tm));
	assert_true(age >= -1 && age <= 10);
}

static void
every_reply_has_a_date(void **state)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{ "GET /show/a HTTP/1.1\r\nHost: a\r\n\r\n", 200 },
		{ "GET /show/a HTTP/1.0\r\n\r\n", 200 },
		{ "GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n", 304 },
		{ "DELETE /item/a HTTP/1.1\r\nHost: a\r\n\r\n", 204 },
		{ "GET /later HTTP/1.1\r\nHost: a\r\n\r\n", 200 },
		{ "GET /stream HTTP/1.0\r\n\r\n", 200 },
		{ "GET /problem HTTP/1.1\r\nHost: a\r\n\r\n", 503 },
		{ "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404 },
		{ "PUT / HTTP/1.1\r\nHost: a\r\n\r\n", 405 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "\x16\x03\x01", 400 },
		{ "GET / HTTP/3.0\r\n\r\n", 505 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_response r;

		fixture_exchange(
		    &fixture, cases[i].request, strlen(cases[i].request), cases[i].status, &r);
		check_date(&r);
		http_response_fini(&r);
	}
}

/* Reads until the server closes, at most `size` - 1 bytes, and ends them with a NUL. */
static void
read_all(struct http_client *c, char *all, size_t size)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	do {
		assert_int_equal(poll(&p, 1, HTTP_CLIENT_TIMEOUT_MS), 1);
		n = recv(c->fd, all + len, size - 1 - len, 0);
		assert_true(n >= 0);
		len += (size_t)n;
	} while (n > 0);
	all[len] = '\0';
}

/* Sends a request and expects all that comes until the server closes to end so, after the head. */
static void
expect_bytes(const char *request, bool chunked, const char *bytes)
{
	struct http_client c = fixture_client(&fixture);
	char all[1024];

	assert_true(http_client_send_str(&c, request));
	read_all(&c, all, sizeof(all));
	assert_int_equal(strstr(all, "\r\nTransfer-Encoding: chunked\r\n") != NULL, chunked);
	assert_non_null(strstr(all, "\r\nConnection: close\r\n"));
	assert_null(strstr(all, "Content-Length"));
	assert_string_equal(strstr(all, "\r\n\r\n") + 4, bytes);
	http_client_close(&c);
}

static void
a_stream_is_chunked_where_chunks_are_known(void **state)
{
	(void)state;
	expect_bytes("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n", true,
	    "a\r\none piece\n\r\n4\r\ntwo\n\r\n0\r\n\r\n");
	expect_bytes("GET /stream HTTP/1.0\r\n\r\n", false, "one piece\ntwo\n");
	expect_bytes("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n", true, "");
}

static void
on_drained(void *arg)
{
	(void)arg;
}

static void
drain(struct fixture *f)
{
	http_server_drain(f->server, 5000, on_drained, NULL);
}

/* A client can then tell the end of the stream from a connection that broke. */
static void
a_stream_that_a_drain_ends_is_complete(void **state)
{
	static const char end[] = "4\r\ntwo\n\r\n0\r\n\r\n";
	struct fixture own;
	struct http_client c;
	char all[1024];

	(void)state;
	fixture_start(&own, NULL);
	c = fixture_client(&own);
	assert_true(http_client_send_str(&c, "GET /stream?open=1 HTTP/1.1\r\nHost: a\r\n\r\n"));
	fixture_wait_handled(&own, 1);
	fixture_run(&own, drain);
	read_all(&c, all, sizeof(all));
	assert_string_equal(all + strlen(all) - strlen(end), end);
	http_client_close(&c);
	fixture_stop(&own);
}

/* Expects a reply with this Keep-Alive, NULL for none. */
static void
expect_keep_alive(struct fixture *f, const char *request, const char *value)
{
	struct http_response r;
	const char *got;

	fixture_exchange(f, request, strlen(request), 200, &r);
	got = http_response_header(&r, "Keep-Alive");
	if (value == NULL)
		assert_null(got);
	else
		assert_string_equal(got, value);
	http_response_fini(&r);
}

/* A client that knows it does not send a request on a connection that is about to be closed. */
static void
a_reply_says_how_long_the_connection_stays_open(void **state)
{
	struct http_options options = http_options_default;
	struct fixture own;

	(void)state;
	expect_keep_alive(&fixture, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "timeout=75");
	expect_keep_alive(
	    &fixture, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "timeout=75");
	expect_keep_alive(&fixture, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", NULL);
	expect_keep_alive(&fixture, "GET / HTTP/1.0\r\n\r\n", NULL);
	options.idle_ms = 2999;
	fixture_start(&own, &options);
	expect_keep_alive(&own, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "timeout=2");
	fixture_stop(&own);
}

static void
only_bodies_without_a_content_encoding_are_understood(void **state)
{
	static const struct {
		const char *encoding;
		int status;
	} cases[] = {
		{ "", 201 },
		{ "Content-Encoding: identity\r\n", 201 },
		{ "content-encoding: Identity \r\n", 201 },
		{ "Content-Encoding: gzip\r\n", 415 },
		{ "Content-Encoding: br\r\n", 415 },
		{ "Content-Encoding: identity, gzip\r\n", 415 },
		{ "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n", 415 },
		{ "Content-Encoding: identity;q=1\r\n", 415 },
		{ "Content-Encoding:\r\n", 415 },
	};
	static const char *const bodies[] = { "Content-Length: 2\r\n\r\n{}",
		"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "\r\n" };
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		for (k = 0; k < ARRAY_LEN(bodies); k++) {
			struct http_response r;
			const char *accepted;
			char text[256];
			int n = snprintf(text, sizeof(text),
			    "POST /body HTTP/1.1\r\nHost: a\r\n%s%s", cases[i].encoding, bodies[k]);

			fixture_exchange(&fixture, text, (size_t)n, cases[i].status, &r);
			assert_false(r.close);
			accepted = http_response_header(&r, "Accept-Encoding");
			if (cases[i].status == 415) {
				assert_string_equal(accepted, "identity");
				assert_non_null(strstr(r.body, "Content-Encoding"));
			} else {
				assert_null(accepted);
			}
			http_response_fini(&r);
		}
}

/* Sends the request in two pieces, for each place where it can be cut. Expects a 405, and no close. */
static void
expect_not_allowed(const char *method, const char *lead)
{
	struct http_client c = fixture_client(&fixture);
	struct http_response r;
	char text[256], sentence[128];
	int len = snprintf(text, sizeof(text),
	    "%s%s /item/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", lead, method);
	int cut;

	snprintf(sentence, sizeof(sentence), "\"%s is not a method of /item/1.\"", method);
	for (cut = 0; cut < len; cut++) {
		assert_true(http_client_send(&c, text, (size_t)cut));
		assert_true(http_client_send_str(&c, text + cut));
		assert_true(http_client_read(&c, &r));
		if (r.status != 405 || strstr(r.body, sentence) == NULL)
			fail_msg("%d for %s cut at %d: %s", r.status, text, cut, r.body);
		assert_string_equal(http_response_header(&r, "Allow"), "GET, HEAD, DELETE");
		assert_false(r.close);
		http_response_fini(&r);
	}
	http_client_close(&c);
}

/* The parser knows a list of methods. For others it is at a loss, but they are no bad requests. */
static void
a_method_that_nobody_knows_is_not_allowed(void **state)
{
	static const char *const methods[] = { "QUERY", "FOO", "GETX", "GE", "get", "P", "PUTT",
		"VERSION-CONTROL", "MY_OWN.METHOD", "UNSUBSCRIBE2",
		"AN_UNUSUALLY_LONG_METHOD_INDEED",
		/* these are known, but of RTSP */
		"DESCRIBE", "FLUSH", "GET_PARAMETER" };
	static const char nowhere[] = "QUERY /nowhere HTTP/1.1\r\nHost: a\r\n\r\n";
	struct http_response r;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(methods); i++) {
		expect_not_allowed(methods[i], "");
		expect_not_allowed(methods[i], "\r\n");
	}
	fixture_exchange(&fixture, nowhere, strlen(nowhere), 404, &r);
	assert_non_null(strstr(r.body, "No route for QUERY /nowhere."));
	http_response_fini(&r);
}

/* Expects the handler to see this peer for a request with these header lines. */
static void
expect_peer(struct fixture *f, const char *lines, const char *peer)
{
	struct http_response r;
	char text[512], member[64];
	int n = snprintf(text, sizeof(text), "GET /show/a HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);

	fixture_exchange(f, text, (size_t)n, 200, &r);
	snprintf(member, sizeof(member), "\"peer\":\"%s\"", peer);
	if (strstr(r.body, member) == NULL)
		fail_msg("%s: %s", lines, r.body);
	http_response_fini(&r);
}

static void
only_a_trusted_proxy_tells_who_the_client_is(void **state)
{
	struct http_options options = http_options_default;
	struct proxies proxies;
	struct fixture own;
	char why[128];

	(void)state;
	expect_peer(&fixture, "X-Forwarded-For: 1.2.3.4\r\n", "127.0.0.1");
	assert_int_equal(proxies_init(&proxies, "127.0.0.0/8,10.0.0.1", why, sizeof(why)), ERR_OK);
	options.proxies = &proxies;
	fixture_start(&own, &options);
	expect_peer(&own, "", "127.0.0.1");
	expect_peer(&own, "X-Forwarded-For: 1.2.3.4\r\n", "1.2.3.4");
	expect_peer(&own, "x-forwarded-for: 9.9.9.9, 1.2.3.4, 10.0.0.1\r\n", "1.2.3.4");
	/* A proxy may add a line instead of a value. */
	expect_peer(&own,
	    "X-Forwarded-For: 9.9.9.9, 1.2.3.4\r\nA: b\r\nX-Forwarded-For: 10.0.0.1\r\n",
	    "1.2.3.4");
	expect_peer(&own, "X-Forwarded-For:\r\nX-Forwarded-For: 1.2.3.4\r\n", "1.2.3.4");
	fixture_stop(&own);
}

/* A proxy may leave its prefix in the path, or take it out. */
static void
paths_are_served_with_and_without_the_prefix(void **state)
{
	static const struct {
		const char *path, *text;
		int status;
	} cases[] = {
		{ "/show/a", "\"a\":\"a\"", 200 },
		{ "/muster/v1/show/a?q=1", "\"q\":\"1\"", 200 },
		{ "http://elsewhere/muster/v1/show/a", "\"a\":\"a\"", 200 },
		{ "/muster/v1/", "home", 200 },
		{ "/", "home", 200 },
		{ "/muster/v1/nowhere", "No route for GET /muster/v1/nowhere.", 404 },
		{ "/muster/v11/show/a", "No route for GET /muster/v11/show/a.", 404 },
		{ "/muster/show/a", "No route", 404 },
		{ "/muster/v1//show/a", "No route", 404 },
		{ "/muster/v1/muster/v1/show/a", "No route", 404 },
	};
	struct http_options options = http_options_default;
	struct fixture own;
	struct http_client c;
	struct http_response r;
	size_t i;

	(void)state;
	options.path_prefix = "/muster/v1";
	fixture_start(&own, &options);
	c = fixture_client(&own);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(http_client_call(&c, "GET", cases[i].path, NULL, &r));
		if (r.status != cases[i].status || strstr(r.body, cases[i].text) == NULL)
			fail_msg("%s: %d %s", cases[i].path, r.status, r.body);
		http_response_fini(&r);
	}
	/* The page's own links are relative, so it needs its slash. */
	assert_true(http_client_call(&c, "GET", "/muster/v1?a=b", NULL, &r));
	assert_int_equal(r.status, 308);
	assert_string_equal(http_response_header(&r, "Location"), "/muster/v1/?a=b");
	http_response_fini(&r);
	http_client_close(&c);
	fixture_stop(&own);
}

static void
a_prefix_is_one_or_more_plain_segments(void **state)
{
	static const char *const good[] = { "", "/a", "/a/b", "/A-z_0.9~/b", "/..." };
	static const char *const bad[] = { "a", "/", "/a/", "//a", "/a//b", "/a b", "/a%20", "/a?b",
		"/a#", "/.", "/a/..", "/../a", "http://h/a" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good); i++)
		assert_true(uri_prefix_valid(good[i]));
	for (i = 0; i < ARRAY_LEN(bad); i++)
		if (uri_prefix_valid(bad[i]))
			fail_msg("%s", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reply_has_a_date),
		cmocka_unit_test(a_stream_is_chunked_where_chunks_are_known),
		cmocka_unit_test(a_stream_that_a_drain_ends_is_complete),
		cmocka_unit_test(a_reply_says_how_long_the_connection_stays_open),
		cmocka_unit_test(only_bodies_without_a_content_encoding_are_understood),
		cmocka_unit_test(a_method_that_nobody_knows_is_not_allowed),
		cmocka_unit_test(only_a_trusted_proxy_tells_who_the_client_is),
		cmocka_unit_test(paths_are_served_with_and_without_the_prefix),
		cmocka_unit_test(a_prefix_is_one_or_more_plain_segments),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
