/* Replies and streams, into a sink that is no connection. */
#include "http/reply.h"
#include "http/request_internal.h"
#include "http/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What has become of the request, and of a stream. */
struct fake {
	struct sink sink;
	struct request *rq;
	struct buf out;
	bool open;
	size_t answered, streams, ended;
	sink_closed_fn closed;
	void *closed_arg;
};

static struct buf *
fake_output(struct sink *s)
{
	return &((struct fake *)s)->out;
}

static bool
fake_keeps_open(const struct sink *s)
{
	return ((const struct fake *)s)->open && ((const struct fake *)s)->rq->keep_alive;
}

static int
fake_idle_s(const struct sink *s)
{
	(void)s;
	return 75;
}

static bool
fake_client_gone(const struct sink *s)
{
	return !((const struct fake *)s)->open;
}

static void
fake_answered(struct sink *s)
{
	struct fake *f = (struct fake *)s;

	f->answered++;
	request_free(f->rq);
	f->rq = NULL;
}

static void
fake_stream_start(struct sink *s, sink_closed_fn closed, void *arg)
{
	struct fake *f = (struct fake *)s;

	f->streams++;
	f->closed = closed;
	f->closed_arg = arg;
	request_free(f->rq);
	f->rq = NULL;
}

static void
fake_stream_send(struct sink *s, const void *data, size_t len)
{
	buf_add(&((struct fake *)s)->out, data, len);
}

static size_t
fake_stream_unsent(const struct sink *s)
{
	return ((const struct fake *)s)->out.len;
}

static void
fake_stream_end(struct sink *s)
{
	((struct fake *)s)->ended++;
}

static const struct sink_ops ops = { fake_output, fake_keeps_open, fake_idle_s, fake_client_gone,
	fake_answered, fake_stream_start, fake_stream_send, fake_stream_unsent, fake_stream_end };

/* Makes a GET on a connection that stays open. */
static struct request *
get(struct fake *f)
{
	*f = (struct fake){ .sink.ops = &ops, .open = true };
	f->rq = request_new(&f->sink, NULL, "127.0.0.1");
	f->rq->method_name = "GET";
	f->rq->method = METHOD_GET;
	f->rq->keep_alive = true;
	buf_add_str(&f->rq->target, "/");
	return f->rq;
}

/* Expects the reply to start and to end so, and the request to be answered once. */
static void
check(struct fake *f, const char *start, const char *end)
{
	const char *text = buf_str(&f->out);

	if (strncmp(text, start, strlen(start)) != 0 || f->out.len < strlen(end) ||
	    strcmp(text + f->out.len - strlen(end), end) != 0)
		fail_msg("%s", text);
	assert_int_equal(f->answered, 1);
	buf_fini(&f->out);
}

static void
a_reply_has_its_status_its_length_and_its_body(void **state)
{
	struct buf body = BUF_INIT;
	struct fake f;

	(void)state;
	buf_add_str(&body, "{\"a\":1}");
	reply_json(get(&f), 201, &body);
	check(&f,
	    "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 7\r\n"
	    "Keep-Alive: timeout=75\r\nCache-Control: no-store\r\nDate: ",
	    "\r\n\r\n{\"a\":1}");
	assert_null(body.data);
}

static void
head_gets_the_length_and_no_body(void **state)
{
	struct buf body = BUF_INIT;
	struct fake f;

	(void)state;
	get(&f)->head = true;
	buf_add_str(&body, "text");
	reply_text(f.rq, "text/plain", &body);
	check(
	    &f, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n", "\r\n\r\n");
}

static void
the_last_reply_says_so(void **state)
{
	struct fake f;

	(void)state;
	get(&f);
	f.open = false;
	assert_true(request_gone(f.rq));
	reply_problem(f.rq, ERR_OVERLOADED, "why");
	assert_non_null(strstr(buf_str(&f.out), "\r\nConnection: close\r\n"));
	assert_non_null(strstr(buf_str(&f.out), "\r\nRetry-After: 1\r\n"));
	check(&f, "HTTP/1.1 429 Too Many Requests\r\n", "\"retryable\":true}");
}

static void
a_reply_without_a_sink_goes_nowhere(void **state)
{
	struct fake f;

	(void)state;
	get(&f)->sink = NULL;
	assert_true(request_gone(f.rq));
	reply_empty(f.rq, 204); /* a sanitizer notices if the request is not freed */
	assert_int_equal(f.answered, 0);
	assert_int_equal(f.out.len, 0);
}

static void
on_closed(void *arg)
{
	++*(int *)arg;
}

static void
a_stream_has_no_length_and_is_told_when_it_is_closed(void **state)
{
	struct http_stream *s;
	int closed = 0;
	struct fake f;

	(void)state;
	s = http_stream_start(get(&f), "text/event-stream", on_closed, &closed);
	assert_non_null(s);
	assert_int_equal(f.streams, 1);
	http_stream_send(s, "data", 4);
	assert_int_equal(http_stream_unsent(s), f.out.len);
	assert_non_null(strstr(buf_str(&f.out), "\r\nConnection: close\r\n"));
	assert_null(strstr(buf_str(&f.out), "Content-Length"));
	assert_string_equal(buf_str(&f.out) + f.out.len - 8, "\r\n\r\ndata");
	assert_int_equal(closed, 0);
	f.closed(f.closed_arg);
	assert_int_equal(closed, 1);
	assert_int_equal(f.ended, 0);
	buf_fini(&f.out);
}

static void
a_stream_that_its_sender_ends_is_not_closed_too(void **state)
{
	struct http_stream *s;
	int closed = 0;
	struct fake f;

	(void)state;
	s = http_stream_start(get(&f), "text/event-stream", on_closed, &closed);
	http_stream_end(s);
	assert_int_equal(f.ended, 1);
	assert_int_equal(closed, 0);
	buf_fini(&f.out);
}

static void
nobody_streams_to_head_or_without_a_sink(void **state)
{
	int closed = 0;
	struct fake f;

	(void)state;
	get(&f)->head = true;
	assert_null(http_stream_start(f.rq, "text/event-stream", on_closed, &closed));
	check(&f, "HTTP/1.1 200 OK\r\n", "\r\n\r\n");
	get(&f)->sink = NULL;
	assert_null(http_stream_start(f.rq, "text/event-stream", on_closed, &closed));
	assert_int_equal(f.answered + f.streams, 0);
	assert_int_equal(closed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_has_its_status_its_length_and_its_body),
		cmocka_unit_test(head_gets_the_length_and_no_body),
		cmocka_unit_test(the_last_reply_says_so),
		cmocka_unit_test(a_reply_without_a_sink_goes_nowhere),
		cmocka_unit_test(a_stream_has_no_length_and_is_told_when_it_is_closed),
		cmocka_unit_test(a_stream_that_its_sender_ends_is_not_closed_too),
		cmocka_unit_test(nobody_streams_to_head_or_without_a_sink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
