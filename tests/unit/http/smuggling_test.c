/*
 * Requests that two parsers could read differently, and input that is not HTTP at all: each is
 * refused, in one piece and byte by byte, and no handler is called.
 */
#include "fixture.h"

#include "base/error.h"
#include "http/message.h"

#include <stdlib.h>
#include <string.h>

struct shape {
	const char *text;
	size_t len;
	int status;
	const char *code;
};

#define SHAPE(text, status, code)                    \
	{                                            \
		text, sizeof(text) - 1, status, code \
	}
#define GET     "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST    "POST /body HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n"

static const struct shape shapes[] = {
	/* two lengths */
	SHAPE(POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400, "bad_request"),
	SHAPE(POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "bad_request"),
	SHAPE(POST "Content-Length: 2, 2\r\n\r\n{}", 400, "bad_request"),
	SHAPE(CHUNKED "Content-Length: 2\r\n\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
	    "bad_request"),
	SHAPE(POST "Content-Length: 0\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501,
	    "not_implemented"),
	/* other encodings */
	SHAPE(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, "not_implemented"),
	SHAPE(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "not_implemented"),
	SHAPE(POST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 501, "not_implemented"),
	SHAPE(POST "Transfer-Encoding: identity\r\n\r\n", 501, "not_implemented"),
	SHAPE(POST "Transfer-Encoding:\r\n\r\n", 501, "not_implemented"),
	SHAPE(CHUNKED "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501, "not_implemented"),
	SHAPE("POST /body HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
	    "bad_request"),
	/* lengths that are not numbers */
	SHAPE(POST "Content-Length: +2\r\n\r\n{}", 400, "bad_request"),
	SHAPE(POST "Content-Length: -2\r\n\r\n{}", 400, "bad_request"),
	SHAPE(POST "Content-Length: 0x2\r\n\r\n{}", 400, "bad_request"),
	SHAPE(POST "Content-Length: 2 2\r\n\r\n{}", 400, "bad_request"),
	SHAPE(POST "Content-Length:\r\n\r\n", 400, "bad_request"),
	SHAPE(POST "Content-Length: 18446744073709551618\r\n\r\n{}", 400, "bad_request"),
	SHAPE(POST "Content-Length: 18446744073709551615\r\n\r\n{}", 413, "body_too_large"),
	SHAPE(CHUNKED "\r\n+2\r\n{}\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n-2\r\n{}\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n0x2\r\n{}\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n2 \r\n{}\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n\r\n{}\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n10000000000000002\r\n{}\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n", 413, "body_too_large"),
	/* chunks that do not end where they say */
	SHAPE(CHUNKED "\r\n2\r\n{}{\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n2\n{}\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n2\r\n{}\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n2\r\n{}\r\n0\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n2;\n{}\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n2;a=b\nc\r\n{}\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n2\r\n{}\r\n0\r\n\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n2\r\n{}\r\n0\r\nA: b\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n2\r\n{}\r\n0\r\nA: b\r\n c\r\n\r\n", 400, "bad_request"),
	SHAPE(CHUNKED "\r\n2\r\n{}\r\n0\r\n: b\r\n\r\n", 400, "bad_request"),
	/* line ends */
	SHAPE("GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "bad_request"),
	SHAPE("GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "bad_request"),
	SHAPE("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("GET / HTTP/1.1\rHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "A: b\rC: d\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "\r \n\r\n", 400, "bad_request"),
	/* header lines */
	SHAPE(GET "A: b\r\n c\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "A: b\r\n\tc\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "A:\r\n b\r\n\r\n", 400, "bad_request"),
	SHAPE(POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"),
	SHAPE("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "bad_request"),
	SHAPE(GET ": b\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "A : b\r\n\r\n", 400, "bad_request"),
	SHAPE(POST "Content-Length : 2\r\n\r\n{}", 400, "bad_request"),
	SHAPE(GET "A\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "A(b): c\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "A\0: b\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "A: b\0c\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "A: b\1c\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "A: b\x7f\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "Connection: \0close\r\n\r\n", 400, "bad_request"),
	SHAPE("GET / HTTP/1.1\r\n\r\n", 400, "bad_request"),
	SHAPE(GET "Host: a\r\n\r\n", 400, "bad_request"),
	SHAPE("GET / HTTP/1.0\r\nHost: a\r\nhOST: b\r\n\r\n", 400, "bad_request"),
	/* request lines */
	SHAPE("GET /\r\n\r\n", 505, "version_not_supported"),
	SHAPE("GET / HTTP/0.9\r\n\r\n", 505, "version_not_supported"),
	SHAPE("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "version_not_supported"),
	SHAPE("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "version_not_supported"),
	SHAPE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_not_supported"),
	SHAPE("PRI * HTTP/1.1\r\n\r\n", 505, "version_not_supported"),
	SHAPE("GET / RTSP/1.0\r\nHost: a\r\n\r\n", 505, "version_not_supported"),
	SHAPE("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("GET / http/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("FR(B / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("FROB\r\n\r\n", 400, "bad_request"),
	SHAPE("FROB /\r\n\r\n", 505, "version_not_supported"),
	SHAPE("FROB / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nab", 400,
	    "bad_request"),
	SHAPE("AN_UNUSUALLY_LONG_METHOD_INDEED_ / HTTP/1.1\r\nHost: a\r\n\r\n", 501,
	    "not_implemented"),
	SHAPE(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"),
	SHAPE("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "bad_request"),
};

static void
test_shapes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(shapes); i++)
		fixture_refused(
		    &fixture, shapes[i].text, shapes[i].len, shapes[i].status, shapes[i].code);
}

/* Feeds each byte from a buffer of its own, so that a sanitizer notices a read beyond it. */
static void
test_shapes_split(void **state)
{
	size_t i, k, used;

	(void)state;
	for (i = 0; i < ARRAY_LEN(shapes); i++) {
		struct request *rq = request_new(NULL, NULL, "");
		enum message_event event = MESSAGE_MORE;
		struct message m;

		message_begin(&m, rq);
		for (k = 0; k < shapes[i].len && event != MESSAGE_FAULT; k++) {
			char *byte = malloc(1);

			assert_non_null(byte);
			*byte = shapes[i].text[k];
			event = message_feed(&m, byte, 1, &used);
			if (event == MESSAGE_HEAD)
				event = message_feed(&m, byte + 1, 0, &used);
			assert_int_not_equal(event, MESSAGE_DONE);
			free(byte);
		}
		if (event != MESSAGE_FAULT || err_info(m.fault)->status != shapes[i].status)
			fail_msg("%s: %d", shapes[i].text, (int)m.fault);
		request_free(rq);
	}
}

/* What follows a refused request is not served. */
static void
test_nothing_follows(void **state)
{
	static const char text[] = POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
	                                "0\r\n\r\nGET /show/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

	(void)state;
	fixture_refused(&fixture, text, sizeof(text) - 1, 400, "bad_request");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_shapes_split),
		cmocka_unit_test(test_nothing_follows),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
