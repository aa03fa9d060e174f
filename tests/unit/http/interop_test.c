/* What proxies and the usual client libraries rely on, beyond what a request needs to be answered. */
#include "fixture.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reply_has_a_date),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
