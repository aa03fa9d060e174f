/* Many requests on one connection, requests in pieces, and clients that leave early. */
#include "fixture.h"

#include "base/buf.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* Reads a reply to GET /show/`n`. */
static void
expect_show(struct http_client *c, size_t n)
{
	struct http_response r;
	char member[32];

	assert_true(http_client_read(c, &r));
	snprintf(member, sizeof(member), "{\"a\":\"%zu\",", n);
	if (r.status != 200 || strncmp(r.body, member, strlen(member)) != 0)
		fail_msg("%s instead of %s", r.body, member);
	http_response_fini(&r);
}

static void
test_thousand(void **state)
{
	struct http_client c = fixture_client(&fixture);
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		buf_addf(&b, "GET /show/%zu HTTP/1.1\r\nHost: a\r\n\r\n", i);
	assert_true(http_client_send(&c, b.data, b.len));
	for (i = 0; i < 1000; i++)
		expect_show(&c, i);
	buf_fini(&b);
	http_client_close(&c);
}

/* Immediate and late replies come in the order of their requests. */
static void
test_mixed(void **state)
{
	struct http_client c = fixture_client(&fixture);
	struct http_response r;
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 50; i++)
		buf_addf(&b,
		    "GET /show/%zu HTTP/1.1\r\nHost: a\r\n\r\n"
		    "GET /later HTTP/1.1\r\nHost: a\r\n\r\n"
		    "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
		    "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
		    "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "1\r\n[\r\n1\r\n]\r\n0\r\n\r\n",
		    i);
	assert_true(http_client_send(&c, b.data, b.len));
	for (i = 0; i < 50; i++) {
		expect_show(&c, i);
		assert_true(http_client_read(&c, &r));
		assert_string_equal(r.body, "{}");
		http_response_fini(&r);
		assert_true(http_client_read(&c, &r));
		assert_string_equal(r.body, "{\"length\":2,\"first\":\"{}\"}");
		http_response_fini(&r);
		assert_true(http_client_read_head(&c, &r));
		assert_int_equal(r.status, 200);
		http_response_fini(&r);
		assert_true(http_client_read(&c, &r));
		assert_string_equal(r.body, "{\"length\":2,\"first\":\"[]\"}");
		http_response_fini(&r);
	}
	buf_fini(&b);
	http_client_close(&c);
}

/* Sends from a thread of its own, because the server reads no more while we do not. */
struct sender {
	struct http_client *client;
	struct buf text;
	bool sent;
};

static void *
sender_run(void *arg)
{
	struct sender *s = arg;

	s->sent = http_client_send(s->client, s->text.data, s->text.len);
	return NULL;
}

static void
test_hundred_thousand(void **state)
{
	enum { REQUESTS = 100000 };
	struct http_client c = fixture_client(&fixture);
	struct sender sender = { .client = &c, .text = BUF_INIT };
	size_t replies = 0, handled = fixture_handled(&fixture);
	pthread_t thread;
	struct http_response r;
	size_t i;

	(void)state;
	c.timeout_ms = 60000;
	for (i = 0; i < REQUESTS; i++)
		buf_add_str(&sender.text, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_int_equal(pthread_create(&thread, NULL, sender_run, &sender), 0);
	for (i = 0; i < REQUESTS; i++) {
		assert_true(http_client_read(&c, &r));
		replies += r.status == 200;
		http_response_fini(&r);
	}
	pthread_join(thread, NULL);
	assert_true(sender.sent);
	assert_int_equal(replies, REQUESTS);
	assert_int_equal(fixture_handled(&fixture), handled + REQUESTS);
	buf_fini(&sender.text);
	http_client_close(&c);
}

/* A client that sends and does not read is not served any more, until it reads. */
static void
test_unread_replies(void **state)
{
	enum { REQUESTS = 12 };
	struct http_client c = fixture_client(&fixture);
	struct buf b = BUF_INIT;
	struct http_response r;
	size_t i, before = fixture_handled(&fixture);

	(void)state;
	for (i = 0; i < REQUESTS; i++)
		buf_add_str(&b, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(http_client_send(&c, b.data, b.len));
	fixture_wait_handled(&fixture, before + 1);
	/* The kernel buffers less than one of the replies. */
	assert_true(http_call(fixture.port, "GET", "/later", NULL, &r));
	http_response_fini(&r);
	assert_true(fixture_handled(&fixture) < before + REQUESTS / 2);
	for (i = 0; i < REQUESTS; i++) {
		assert_true(http_client_read(&c, &r));
		assert_int_equal(r.body_len, FIXTURE_BIG);
		http_response_fini(&r);
	}
	buf_fini(&b);
	http_client_close(&c);
}

static void
test_byte_by_byte(void **state)
{
	static const char text[] =
	    "\r\nPOST /body?x=y HTTP/1.1\r\nHost:  a \r\nX-Long-Name-That-Is-Not-Known: 1\r\n"
	    "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "4;ext=1\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\nTrailer: x\r\n\r\n"
	    "GET /show/7 HTTP/1.1\r\nhost:\r\nConnection: close\r\n\r\n";
	struct http_client c = fixture_client(&fixture);
	struct http_response r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) - 1; i++)
		assert_true(http_client_send(&c, text + i, 1));
	assert_true(http_client_read(&c, &r));
	assert_string_equal(r.body, "{\"length\":7,\"first\":\"{\\\"a\\\":1}\"}");
	http_response_fini(&r);
	expect_show(&c, 7);
	assert_true(http_client_closed(&c));
	http_client_close(&c);
}

/* Input that arrives while a reply is pending waits for it, in however many pieces it comes. */
static void
test_read_ahead(void **state)
{
	struct http_client c = fixture_client(&fixture);
	struct http_response r;
	size_t i;

	(void)state;
	assert_true(http_client_send_str(&c, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n"));
	fixture_wait_pending(&fixture, 1);
	for (i = 0; i < 5; i++) {
		char text[64];

		snprintf(text, sizeof(text), "GET /show/%zu HTTP/1.1\r\nHost: a\r\n\r\n", i);
		assert_true(http_client_send_str(&c, text));
		/* After a round trip on another connection the loop has read it. */
		assert_true(http_call(fixture.port, "GET", "/later", NULL, &r));
		http_response_fini(&r);
	}
	fixture_run(&fixture, fixture_answer);
	assert_true(http_client_read(&c, &r));
	assert_string_equal(r.body, "{\"late\":true}");
	http_response_fini(&r);
	for (i = 0; i < 5; i++)
		expect_show(&c, i);
	http_client_close(&c);
}

static void
test_half_close(void **state)
{
	struct http_client c = fixture_client(&fixture);
	struct http_response r;

	(void)state;
	assert_true(http_client_send_str(&c,
	    "GET /pending HTTP/1.1\r\nHost: a\r\n\r\nGET /show/1 HTTP/1.1\r\nHost: a\r\n\r\n"
	    "GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /show/2 HTTP/1.1\r\nHost: a\r\n\r\n"));
	http_client_shutdown(&c);
	fixture_wait_pending(&fixture, 1);
	fixture_run(&fixture, fixture_answer);
	assert_true(http_client_read(&c, &r));
	assert_string_equal(r.body, "{\"late\":true}");
	http_response_fini(&r);
	expect_show(&c, 1);
	assert_true(http_client_read(&c, &r));
	http_response_fini(&r);
	expect_show(&c, 2);
	assert_true(http_client_closed(&c));
	http_client_close(&c);
}

static void
test_half_request(void **state)
{
	static const char *const halves[] = { "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n",
		"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(halves); i++) {
		struct http_client c = fixture_client(&fixture);
		struct http_response r;

		assert_true(http_client_send_str(&c, halves[i]));
		http_client_shutdown(&c);
		assert_true(http_client_read(&c, &r));
		assert_int_equal(r.status, 400);
		assert_non_null(strstr(r.body, "ended before"));
		http_response_fini(&r);
		assert_true(http_client_closed(&c));
		http_client_close(&c);
	}
}

static void
test_reset_while_pending(void **state)
{
	struct http_client c = fixture_client(&fixture);
	struct http_response r;

	(void)state;
	assert_true(http_client_send_str(&c,
	    "GET /pending?q=1 HTTP/1.1\r\nHost: a\r\n\r\nGET /show/1 HTTP/1.1\r\nHost: a\r\n\r\n"));
	fixture_wait_pending(&fixture, 1);
	http_client_reset(&c);
	/* After two round trips the loop has seen the reset. */
	assert_true(http_call(fixture.port, "GET", "/later", NULL, &r));
	http_response_fini(&r);
	assert_string_equal(request_query(fixture.pending[0], "q"), "1");
	assert_string_equal(request_peer(fixture.pending[0]), "127.0.0.1");
	fixture_run(&fixture, fixture_answer);
	assert_true(http_call(fixture.port, "GET", "/", NULL, &r));
	assert_int_equal(r.status, 200);
	http_response_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thousand),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_hundred_thousand),
		cmocka_unit_test(test_unread_replies),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_read_ahead),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_half_request),
		cmocka_unit_test(test_reset_while_pending),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
