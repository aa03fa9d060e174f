/* Request ids in replies: that of the client if it is fit to be shown, otherwise one of ours. */
#include "fixture.h"

#include "base/error.h"
#include "http/message.h"

#include <stdio.h>
#include <string.h>

/* Sends `request` on a new connection; the only X-Request-Id of the reply goes to `id`. */
static void
exchange(const char *request, int status, char id[256])
{
	struct http_client c = fixture_client(&fixture);
	struct http_response r;
	bool head = strncmp(request, "HEAD", 4) == 0;
	const char *value, *first;

	assert_true(http_client_send_str(&c, request));
	assert_true(head ? http_client_read_head(&c, &r) : http_client_read(&c, &r));
	if (r.status != status)
		fail_msg("%.100s: %d instead of %d", request, r.status, status);
	first = strstr(r.headers, "X-Request-Id: ");
	assert_non_null(first);
	assert_null(strstr(first + 1, "X-Request-Id: "));
	value = http_response_header(&r, "X-Request-Id");
	snprintf(id, 256, "%s", value);
	http_response_fini(&r);
	http_client_close(&c);
}

/* Sends GET / with these header lines. */
static void
ask(const char *lines, char id[256])
{
	char request[2048];

	snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: t\r\n%s\r\n", lines);
	exchange(request, 200, id);
}

/* Fails unless `id` is one of ours: 16 hex digits, a dash, and more hex digits. */
static void
check_made(const char *id)
{
	if (strspn(id, "0123456789abcdef") != 16 || id[16] != '-' || id[17] == '\0' ||
	    strspn(id + 17, "0123456789abcdef") != strlen(id + 17))
		fail_msg("'%s' is not made by us", id);
}

static void
a_clients_id_is_answered(void **state)
{
	static const char *const ids[] = { "a", "-", "abc.DEF_012:x@y-z", "7" };
	char line[256], id[256], longest[129];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(ids); i++) {
		snprintf(line, sizeof(line), "X-Request-Id: %s\r\n", ids[i]);
		ask(line, id);
		assert_string_equal(id, ids[i]);
	}
	memset(longest, 'x', 128);
	longest[128] = '\0';
	snprintf(line, sizeof(line), "x-request-ID:%s\r\n", longest);
	ask(line, id);
	assert_string_equal(id, longest);
	ask("X-Request-Id: \t a \t \r\n", id);
	assert_string_equal(id, "a");
}

static void
another_one_is_replaced(void **state)
{
	static const char *const lines[] = { "", "X-Request-Id:\r\n", "X-Request-Id: a b\r\n",
		"X-Request-Id: a/b\r\n", "X-Request-Id: a,b\r\n", "X-Request-Id: \"a\"\r\n",
		"X-Request-Id: caf\xc3\xa9\r\n", "X-Request-Id: a\tb\r\n", "X-Request-Id: %41\r\n",
		"X-Request-Id: a\r\nX-Request-Id: a\r\n", "X-Request-Id: a\r\nX-Request-Id: \r\n" };
	char line[256], id[256], last[256] = "", value[130];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		ask(lines[i], id);
		check_made(id);
		assert_string_not_equal(id, last);
		snprintf(last, sizeof(last), "%s", id);
	}
	memset(value, 'x', 129);
	value[129] = '\0';
	snprintf(line, sizeof(line), "X-Request-Id: %s\r\n", value);
	ask(line, id);
	check_made(id);
}

/* Feeds a head with this id to the parser, byte by byte; the id that it keeps goes to `out`. */
static void
feed(const char *id, char out[REQUEST_ID_MAX + 1])
{
	struct request *rq = request_new(NULL, NULL, "127.0.0.1");
	enum message_event event = MESSAGE_MORE;
	struct message m;
	char text[512];
	size_t i, used;

	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: t\r\nX-Request-Id: %s\r\n\r\n", id);
	message_begin(&m, rq);
	for (i = 0; text[i] != '\0' && event == MESSAGE_MORE; i++)
		event = message_feed(&m, text + i, 1, &used);
	assert_int_equal(event, MESSAGE_HEAD);
	snprintf(out, REQUEST_ID_MAX + 1, "%s", rq->id);
	request_free(rq);
}

static void
an_id_may_come_in_pieces(void **state)
{
	char id[REQUEST_ID_MAX + 1], longest[REQUEST_ID_MAX + 2];

	(void)state;
	feed("one.two ", id);
	assert_string_equal(id, "one.two");
	memset(longest, 'x', sizeof(longest));
	longest[REQUEST_ID_MAX] = '\0';
	feed(longest, id);
	assert_string_equal(id, longest);
	longest[REQUEST_ID_MAX] = 'x';
	longest[REQUEST_ID_MAX + 1] = '\0';
	feed(longest, id);
	assert_string_equal(id, "");
	feed("one two", id);
	assert_string_equal(id, "");
}

static void
an_id_is_of_its_request_alone(void **state)
{
	struct http_client c = fixture_client(&fixture);
	struct http_response r;

	(void)state;
	assert_true(http_client_send_str(&c,
	    "GET / HTTP/1.1\r\nHost: t\r\nX-Request-Id: first\r\n\r\n"
	    "GET / HTTP/1.1\r\nHost: t\r\n\r\n"));
	assert_true(http_client_read(&c, &r));
	assert_string_equal(http_response_header(&r, "X-Request-Id"), "first");
	http_response_fini(&r);
	assert_true(http_client_read(&c, &r));
	check_made(http_response_header(&r, "X-Request-Id"));
	http_response_fini(&r);
	http_client_close(&c);
}

#define WITH_ID " HTTP/1.1\r\nHost: t\r\nX-Request-Id: mine\r\n"

static void
every_kind_of_reply_has_it(void **state)
{
	static const struct {
		const char *request;
		int status;
		bool read; /* refused after the id was read */
	} rows[] = {
		{ "GET /" WITH_ID "\r\n", 200, true },
		{ "HEAD /" WITH_ID "\r\n", 200, true },
		{ "GET /later" WITH_ID "\r\n", 200, true },
		{ "DELETE /item/a" WITH_ID "\r\n", 204, true },
		{ "GET /nowhere" WITH_ID "\r\n", 404, true },
		{ "PUT /" WITH_ID "\r\n", 405, true },
		{ "GET /%zz" WITH_ID "\r\n", 400, true },
		{ "POST /body" WITH_ID "Content-Type: text/x\r\nContent-Length: 1\r\n\r\nx", 415,
		    true },
		{ "POST /body" WITH_ID "Content-Length: 2000000\r\n\r\n", 413, true },
		{ "POST /body" WITH_ID "Expect: x\r\nContent-Length: 1\r\n\r\n", 417, true },
		{ "GET /problem" WITH_ID "\r\n", 503, true },
		{ "GET / HTTP/1.1\r\nX-Request-Id: mine\r\n\r\n", 400, true },
		{ "GET / HTTP/1.1\r\nHost: t\r\nX-Request-Id: cut short\x01\r\n\r\n", 400, false },
		{ "GET / HTTP/2.0\r\n\r\n", 505, false },
		{ "rubbish\r\n\r\n", 400, false },
	};
	char id[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		exchange(rows[i].request, rows[i].status, id);
		if (rows[i].read)
			assert_string_equal(id, "mine");
		else
			check_made(id);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clients_id_is_answered),
		cmocka_unit_test(another_one_is_replaced),
		cmocka_unit_test(an_id_may_come_in_pieces),
		cmocka_unit_test(an_id_is_of_its_request_alone),
		cmocka_unit_test(every_kind_of_reply_has_it),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
