/* Each limit on the size of a request, exactly reached and exceeded by one. */
#include "fixture.h"

#include "base/buf.h"
#include "base/error.h"
#include "http/message.h"

#include <stdio.h>
#include <string.h>

static void
add_times(struct buf *b, char c, size_t n)
{
	while (n-- > 0)
		buf_add(b, &c, 1);
}

/* Sends `b`, expects `status` and, unless `code` is NULL, the connection to be closed. */
static void
check(struct buf *b, int status, const char *code)
{
	struct http_response r;

	if (code != NULL) {
		fixture_refused(&fixture, b->data, b->len, status, code);
	} else {
		fixture_exchange(&fixture, b->data, b->len, status, &r);
		assert_false(r.close);
		http_response_fini(&r);
	}
	buf_fini(b);
}

static void
test_uri(void **state)
{
	size_t len;

	(void)state;
	for (len = MESSAGE_URI_MAX; len <= MESSAGE_URI_MAX + 1; len++) {
		struct buf b = BUF_INIT;

		buf_add_str(&b, "GET /?");
		add_times(&b, 'u', len - 2);
		buf_add_str(&b, " HTTP/1.1\r\nHost: a\r\n\r\n");
		if (len == MESSAGE_URI_MAX)
			check(&b, 200, NULL);
		else
			check(&b, 414, "uri_too_long");
	}
}

static void
test_request_line(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	/* Spaces do not belong to the URI, but the line as a whole has a limit too. */
	buf_add_str(&b, "GET ");
	add_times(&b, ' ', MESSAGE_URI_MAX + 1024);
	check(&b, 414, "uri_too_long");
	while (b.len < MESSAGE_URI_MAX + 1024 + 2)
		buf_add_str(&b, "\r\n");
	check(&b, 414, "uri_too_long");
}

/* Adds a head whose header lines, each with its CRLF, have `total` bytes. */
static void
add_head(struct buf *b, const char *request_line, size_t total)
{
	static const char host[] = "Host: a\r\n", filler[] = "Filler: \r\n";

	buf_add_str(b, request_line);
	buf_add_str(b, host);
	buf_add_str(b, "Filler: ");
	add_times(b, 'f', total - strlen(host) - strlen(filler));
	buf_add_str(b, "\r\n");
}

static void
test_header_bytes(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	add_head(&b, "GET / HTTP/1.1\r\n", MESSAGE_SECTION_MAX);
	buf_add_str(&b, "\r\n");
	check(&b, 200, NULL);
	add_head(&b, "GET /a-longer-path?with=a-query HTTP/1.1\r\n", MESSAGE_SECTION_MAX);
	buf_add_str(&b, "\r\n");
	check(&b, 404, NULL);
	add_head(&b, "GET / HTTP/1.1\r\n", MESSAGE_SECTION_MAX + 1);
	buf_add_str(&b, "\r\n");
	check(&b, 431, "headers_too_large");
	/* The limit also holds for lines that never end, and spaces count. */
	add_head(&b, "GET / HTTP/1.1\r\n", MESSAGE_SECTION_MAX + 3);
	check(&b, 431, "headers_too_large");
	buf_add_str(&b, "GET / HTTP/1.1\r\nHost: a\r\nSpaces:");
	add_times(&b, ' ', MESSAGE_SECTION_MAX);
	check(&b, 431, "headers_too_large");
}

static void
test_header_lines(void **state)
{
	size_t lines, i;

	(void)state;
	for (lines = MESSAGE_LINES_MAX; lines <= MESSAGE_LINES_MAX + 1; lines++) {
		struct buf b = BUF_INIT;

		buf_add_str(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
		for (i = 1; i < lines; i++)
			buf_add_str(&b, "A: b\r\n");
		buf_add_str(&b, "\r\n");
		if (lines == MESSAGE_LINES_MAX)
			check(&b, 200, NULL);
		else
			check(&b, 431, "headers_too_large");
	}
}

static void
test_trailers(void **state)
{
	static const char head[] =
	    "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "2\r\n{}\r\n0\r\n";
	static const size_t head_lines = sizeof("Host: a\r\nTransfer-Encoding: chunked\r\n") - 1;
	size_t n, i;

	(void)state;
	for (n = MESSAGE_LINES_MAX - 2; n <= MESSAGE_LINES_MAX - 1; n++) {
		struct buf b = BUF_INIT;

		buf_add_str(&b, head);
		for (i = 0; i < n; i++)
			buf_add_str(&b, "Content-Type: text/plain\r\n");
		buf_add_str(&b, "\r\n");
		if (n == MESSAGE_LINES_MAX - 2)
			check(&b, 201, NULL);
		else
			check(&b, 431, "headers_too_large");
	}
	for (n = MESSAGE_SECTION_MAX - head_lines; n <= MESSAGE_SECTION_MAX - head_lines + 1; n++) {
		struct buf b = BUF_INIT;

		buf_add_str(&b, head);
		buf_add_str(&b, "T: ");
		add_times(&b, 't', n - strlen("T: \r\n"));
		buf_add_str(&b, "\r\n\r\n");
		if (n == MESSAGE_SECTION_MAX - head_lines)
			check(&b, 201, NULL);
		else
			check(&b, 431, "headers_too_large");
	}
}

static void
test_body_announced(void **state)
{
	struct buf b = BUF_INIT;
	struct http_response r;

	(void)state;
	buf_addf(
	    &b, "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", MESSAGE_BODY_MAX);
	add_times(&b, 'j', MESSAGE_BODY_MAX);
	fixture_exchange(&fixture, b.data, b.len, 201, &r);
	assert_string_equal(r.body, "{\"length\":1048576,\"first\":\"jjjjjjjj\"}");
	http_response_fini(&r);
	buf_fini(&b);
	/* Refused before any of it was sent, and also when it is being sent. */
	buf_addf(&b, "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
	    MESSAGE_BODY_MAX + 1);
	check(&b, 413, "body_too_large");
	buf_addf(&b, "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
	    3 * MESSAGE_BODY_MAX);
	add_times(&b, 'j', 3 * MESSAGE_BODY_MAX);
	check(&b, 413, "body_too_large");
}

static void
test_body_chunked(void **state)
{
	static const char head[] =
	    "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
	struct buf b = BUF_INIT;
	struct http_response r;
	size_t i;

	(void)state;
	buf_add_str(&b, head);
	for (i = 0; i < 16; i++) {
		buf_add_str(&b, "10000\r\n");
		add_times(&b, 'c', 0x10000);
		buf_add_str(&b, "\r\n");
	}
	buf_add_str(&b, "0\r\n\r\n");
	fixture_exchange(&fixture, b.data, b.len, 201, &r);
	assert_non_null(strstr(r.body, "\"length\":1048576"));
	http_response_fini(&r);
	/* One byte more, in place of the last chunk. */
	b.len -= strlen("0\r\n\r\n");
	buf_add_str(&b, "1\r\nc\r\n0\r\n\r\n");
	check(&b, 413, "body_too_large");
	/* A single chunk is refused for the size that it announces. */
	buf_add_str(&b, head);
	buf_add_str(&b, "100001\r\n");
	check(&b, 413, "body_too_large");
}

static void
test_small_chunks(void **state)
{
	static const char head[] =
	    "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
	struct buf b = BUF_INIT;
	struct http_response r;
	size_t i;

	(void)state;
	buf_add_str(&b, head);
	for (i = 0; i < 50000; i++)
		buf_add_str(&b, "1\r\ns\r\n");
	buf_add_str(&b, "000000000;name=value\r\n\r\n");
	fixture_exchange(&fixture, b.data, b.len, 201, &r);
	assert_non_null(strstr(r.body, "\"length\":50000"));
	http_response_fini(&r);
	buf_fini(&b);
	/* What stands between the chunks has a limit as well. */
	buf_add_str(&b, head);
	buf_add_str(&b, "1;");
	add_times(&b, 'x', MESSAGE_SECTION_MAX + 100);
	check(&b, 400, "bad_request");
	buf_add_str(&b, head);
	add_times(&b, '0', MESSAGE_SECTION_MAX + 100);
	check(&b, 400, "bad_request");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uri),
		cmocka_unit_test(test_request_line),
		cmocka_unit_test(test_header_bytes),
		cmocka_unit_test(test_header_lines),
		cmocka_unit_test(test_trailers),
		cmocka_unit_test(test_body_announced),
		cmocka_unit_test(test_body_chunked),
		cmocka_unit_test(test_small_chunks),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
