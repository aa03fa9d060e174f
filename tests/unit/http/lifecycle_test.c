/* Deadlines, the limit of connections, a lack of descriptors, draining and freeing. */
#include "fixture.h"

#include "base/clock.h"
#include "base/error.h"
#include "http/reply.h"
#include "support/process.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct http_options roomy = {
	.connections_max = 100,
	.header_deadline_ms = 60000,
	.body_deadline_ms = 60000,
	.idle_ms = 60000,
	.path_prefix = "",
};

/* Expects a problem with `status` and `code`, and the end of the connection. */
static void
expect_end(struct http_client *c, int status, const char *code)
{
	struct http_response r;

	assert_true(http_client_read(c, &r));
	assert_int_equal(r.status, status);
	assert_non_null(strstr(r.body, code));
	assert_true(r.close);
	http_response_fini(&r);
	assert_true(http_client_closed(c));
}

/* Sends `text`, then one byte every few milliseconds until the server replies. */
static void
drip(struct http_client *c, const char *text, char byte)
{
	int64_t deadline = clock_mono_ms() + 10000;
	int patience = c->timeout_ms;
	bool more = http_client_send_str(c, text);
	struct http_response r;

	c->timeout_ms = 10;
	while (more && clock_mono_ms() < deadline) {
		more = http_client_send(c, &byte, 1) && !http_client_read(c, &r);
		if (!more && r.status != 0) {
			assert_int_equal(r.status, 408);
			assert_non_null(strstr(r.body, "request_timeout"));
			assert_true(r.close);
			http_response_fini(&r);
			c->timeout_ms = patience;
			assert_true(http_client_closed(c));
			return;
		}
	}
	fail_msg("the server never lost patience");
}

static void
test_slow_header(void **state)
{
	struct http_options options = roomy;
	int64_t start = clock_mono_ms();
	struct http_client c;

	(void)state;
	options.header_deadline_ms = 150;
	fixture_start(&fixture, &options);
	c = fixture_client(&fixture);
	drip(&c, "GET / HTTP/1.1\r\nHost: ", 'a');
	assert_in_range(clock_mono_ms() - start, 140, 5000);
	http_client_close(&c);
	c = fixture_client(&fixture);
	assert_true(http_client_send_str(&c, "G"));
	expect_end(&c, 408, "request_timeout");
	http_client_close(&c);
	fixture_stop(&fixture);
}

static void
test_slow_body(void **state)
{
	struct http_options options = roomy;
	struct http_client c;

	(void)state;
	options.body_deadline_ms = 150;
	fixture_start(&fixture, &options);
	c = fixture_client(&fixture);
	drip(&c, "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", 'a');
	http_client_close(&c);
	assert_int_equal(fixture_handled(&fixture), 0);
	fixture_stop(&fixture);
}

static void
test_idle(void **state)
{
	struct http_options options = roomy;
	struct http_client c, fresh;
	struct http_response r;

	(void)state;
	options.idle_ms = 150;
	fixture_start(&fixture, &options);
	fresh = fixture_client(&fixture);
	c = fixture_client(&fixture);
	assert_true(http_client_call(&c, "GET", "/", NULL, &r));
	http_response_fini(&r);
	/* Both idle connections are closed without a reply; a request that is being handled is not idle. */
	assert_true(http_client_closed(&fresh));
	assert_true(http_client_closed(&c));
	http_client_close(&c);
	http_client_close(&fresh);
	c = fixture_client(&fixture);
	fresh = fixture_client(&fixture);
	assert_true(http_client_send_str(&c, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n"));
	fixture_wait_pending(&fixture, 1);
	assert_true(http_client_closed(&fresh));
	fixture_run(&fixture, fixture_answer);
	assert_true(http_client_read(&c, &r));
	assert_int_equal(r.status, 200);
	http_response_fini(&r);
	http_client_close(&c);
	http_client_close(&fresh);
	fixture_stop(&fixture);
}

/* Sends some bytes. True if the kernel refuses them, as the server has closed the connection. */
static bool
is_reset(void *arg)
{
	return !http_client_send_str(arg, "\r\n");
}

/* A client that does not read is cut in every phase; the kernel then resets the connection. */
static void
test_stalled_reader(void **state)
{
	static const char *const requests[] = {
		"GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /big HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	};
	struct http_options options = roomy;
	size_t i;

	(void)state;
	options.idle_ms = 150;
	fixture_start(&fixture, &options);
	for (i = 0; i < ARRAY_LEN(requests); i++) {
		struct http_client c = fixture_client(&fixture);

		assert_true(http_client_send_str(&c, requests[i]));
		assert_true(poll_until(is_reset, &c, 10000));
		http_client_close(&c);
	}
	assert_int_equal(fixture_handled(&fixture), ARRAY_LEN(requests));
	fixture_stop(&fixture);
}

/* After its last reply a client has some time to close the connection, but not for ever. */
static void
test_lingering(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"nonsense\r\n\r\n",
	};
	size_t i;

	(void)state;
	fixture_start(&fixture, &roomy);
	for (i = 0; i < ARRAY_LEN(requests); i++) {
		struct http_client c = fixture_client(&fixture);
		struct http_response r;

		assert_true(http_client_send_str(&c, requests[i]));
		assert_true(http_client_read(&c, &r));
		http_response_fini(&r);
		assert_true(poll_until(is_reset, &c, 10000));
		http_client_close(&c);
	}
	fixture_stop(&fixture);
}

static void
test_connection_limit(void **state)
{
	struct http_options options = roomy;
	int64_t deadline = clock_mono_ms() + 10000;
	struct http_client a, b, c;
	struct http_response r;
	int status = 0;

	(void)state;
	options.connections_max = 2;
	fixture_start(&fixture, &options);
	a = fixture_client(&fixture);
	b = fixture_client(&fixture);
	c = fixture_client(&fixture);
	assert_true(http_client_call(&c, "POST", "/body", "{}", &r));
	assert_int_equal(r.status, 429);
	assert_string_equal(http_response_header(&r, "Retry-After"), "1");
	assert_non_null(strstr(r.body, "\"code\":\"overloaded\""));
	assert_true(r.close);
	http_response_fini(&r);
	assert_true(http_client_closed(&c));
	assert_true(http_client_call(&a, "GET", "/", NULL, &r));
	assert_int_equal(r.status, 200);
	http_response_fini(&r);
	/* When a connection closes, another one is served. */
	http_client_close(&b);
	while (status != 200 && clock_mono_ms() < deadline) {
		assert_true(http_call(fixture.port, "GET", "/", NULL, &r));
		status = r.status;
		http_response_fini(&r);
	}
	assert_int_equal(status, 200);
	assert_int_equal(fixture_handled(&fixture), 2);
	http_client_close(&a);
	http_client_close(&c);
	fixture_stop(&fixture);
}

static void
test_no_descriptors(void **state)
{
	struct rlimit before, low;
	struct http_client a, b;
	struct http_response r;
	struct timespec cpu[2];
	clockid_t clock;

	(void)state;
	fixture_start(&fixture, &roomy);
	a = fixture_client(&fixture);
	assert_true(http_client_call(&a, "GET", "/", NULL, &r));
	http_response_fini(&r);
	/* The socket below takes the last descriptor, so the server cannot accept its other end. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = (rlim_t)dup(0);
	close((int)low.rlim_cur);
	low.rlim_cur++;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	b = fixture_client(&fixture);
	assert_true(http_client_send_str(&b, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	b.timeout_ms = 300;
	pthread_getcpuclockid(fixture.thread, &clock);
	clock_gettime(clock, &cpu[0]);
	assert_false(http_client_read(&b, &r));
	clock_gettime(clock, &cpu[1]);
	/* Meanwhile others are served and the loop does not spin. */
	assert_true(
	    (cpu[1].tv_sec - cpu[0].tv_sec) * 1000 + (cpu[1].tv_nsec - cpu[0].tv_nsec) / 1000000 <
	    100);
	assert_true(http_client_call(&a, "GET", "/", NULL, &r));
	http_response_fini(&r);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	b.timeout_ms = HTTP_CLIENT_TIMEOUT_MS;
	assert_true(http_client_read(&b, &r));
	assert_int_equal(r.status, 200);
	http_response_fini(&r);
	http_client_close(&a);
	http_client_close(&b);
	fixture_stop(&fixture);
}

static void
drained(void *arg)
{
	struct fixture *f = arg;

	fixture_free_server(f);
	pthread_mutex_lock(&f->lock);
	f->drained++;
	pthread_mutex_unlock(&f->lock);
}

static void
drain_patiently(struct fixture *f)
{
	http_server_drain(f->server, 60000, drained, f);
}

static void
drain_briefly(struct fixture *f)
{
	http_server_drain(f->server, 100, drained, f);
}

static void
test_drain(void **state)
{
	struct http_client idle, busy, half, late;
	struct http_response r;

	(void)state;
	fixture_start(&fixture, &roomy);
	idle = fixture_client(&fixture);
	busy = fixture_client(&fixture);
	half = fixture_client(&fixture);
	assert_true(http_client_send_str(&half, "GET / HTTP/1.1\r\nHost"));
	assert_true(http_client_send_str(&busy, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n"));
	fixture_wait_pending(&fixture, 1);
	assert_true(http_client_call(&idle, "GET", "/", NULL, &r));
	http_response_fini(&r);
	fixture_run(&fixture, drain_patiently);
	assert_true(http_client_closed(&idle));
	late =
	    fixture_client(&fixture); /* stays in the backlog, for another process that listens */
	assert_true(http_client_send_str(&half, ": a\r\n\r\n"));
	assert_true(http_client_read(&half, &r));
	assert_int_equal(r.status, 200);
	assert_true(r.close);
	http_response_fini(&r);
	assert_true(http_client_closed(&half));
	http_client_close(&half);
	fixture_run(&fixture, fixture_answer);
	assert_true(http_client_read(&busy, &r));
	assert_int_equal(r.status, 200);
	assert_true(r.close);
	http_response_fini(&r);
	http_client_close(&busy);
	fixture_wait_drained(&fixture);
	http_client_close(&idle);
	http_client_close(&late);
	fixture_stop(&fixture);
	assert_int_equal(fixture.drained, 1);
}

static void
test_drain_timeout(void **state)
{
	struct http_client c;

	(void)state;
	fixture_start(&fixture, &roomy);
	c = fixture_client(&fixture);
	assert_true(http_client_send_str(&c, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n"));
	fixture_wait_pending(&fixture, 1);
	fixture_run(&fixture, drain_briefly);
	fixture_wait_drained(&fixture);
	assert_true(http_client_closed(&c));
	/* The reply comes when there is no server any more. */
	fixture_run(&fixture, fixture_answer);
	http_client_close(&c);
	fixture_stop(&fixture);
	assert_int_equal(fixture.drained, 1);
}

static void
test_drain_empty(void **state)
{
	(void)state;
	fixture_start_inline(&fixture, &roomy);
	http_server_drain(fixture.server, 60000, drained, &fixture);
	assert_int_equal(fixture.drained, 0);
	event_base_loop(fixture.base, EVLOOP_ONCE);
	assert_int_equal(fixture.drained, 1);
	fixture_stop(&fixture);
}

static void
test_free_unanswered(void **state)
{
	struct http_client c;

	(void)state;
	fixture_start(&fixture, &roomy);
	c = fixture_client(&fixture);
	assert_true(http_client_send_str(&c, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n"));
	fixture_wait_pending(&fixture, 1);
	fixture_run(&fixture, fixture_free_server);
	assert_true(http_client_closed(&c));
	assert_ptr_equal(request_app(fixture.pending[0]), &fixture);
	fixture_run(&fixture, fixture_answer);
	http_client_close(&c);
	fixture_stop(&fixture);
}

/* Two servers, each with its own loop, share the descriptor. */
static void
test_shared_listener(void **state)
{
	static const struct route none[] = { { METHOD_GET, "/unused", NULL } };
	struct event_base *base = event_base_new();
	struct http_server *other;
	struct http_response r;
	int i;

	(void)state;
	fixture_start(&fixture, &roomy);
	other = http_server_new(base, fixture.fd, none, 1, NULL, &roomy);
	for (i = 0; i < 20; i++) {
		struct http_client c = fixture_client(&fixture);

		event_base_loop(base, EVLOOP_NONBLOCK);
		assert_true(http_client_send_str(&c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
		c.timeout_ms = 20;
		while (!http_client_read(&c, &r))
			event_base_loop(base, EVLOOP_NONBLOCK);
		assert_true(r.status == 200 || r.status == 404);
		http_response_fini(&r);
		http_client_close(&c);
	}
	http_server_free(other);
	event_base_free(base);
	fixture_stop(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow_header),
		cmocka_unit_test(test_slow_body),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_stalled_reader),
		cmocka_unit_test(test_lingering),
		cmocka_unit_test(test_connection_limit),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_drain_timeout),
		cmocka_unit_test(test_drain_empty),
		cmocka_unit_test(test_free_unanswered),
		cmocka_unit_test(test_shared_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
