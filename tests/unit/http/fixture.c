/* The server under test. Invariant: only the thread of the event loop touches `server`. */
#include "fixture.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "http/listen.h"
#include "http/reply.h"
#include "http/stream.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

struct fixture fixture;

static char big[FIXTURE_BIG];

static void
count(struct request *rq)
{
	struct fixture *f = request_app(rq);

	pthread_mutex_lock(&f->lock);
	f->handled++;
	pthread_mutex_unlock(&f->lock);
}

static void
home(struct request *rq)
{
	count(rq);
	reply_static(rq, "text/plain", "home", 4);
}

static void
show(struct request *rq)
{
	struct buf b = BUF_INIT;

	count(rq);
	json_begin_object(&b, NULL);
	json_add_text(&b, "a", request_param(rq, 0));
	json_add_text(&b, "b", request_param(rq, 1));
	json_add_text(&b, "q", request_query(rq, "q"));
	json_add_text(&b, "peer", request_peer(rq));
	json_end_object(&b);
	reply_json(rq, 200, &b);
}

static void
body(struct request *rq)
{
	struct buf b = BUF_INIT;
	size_t len;
	const char *data = request_body(rq, &len);

	count(rq);
	json_begin_object(&b, NULL);
	json_add_int(&b, "length", (int64_t)len);
	json_add_string(&b, "first", data, len < 8 ? len : 8);
	json_end_object(&b);
	reply_json(rq, 201, &b);
}

static void
item(struct request *rq)
{
	count(rq);
	reply_header(rq, "X-Item", request_param(rq, 0));
	reply_empty(rq, 204);
}

static void
later_done(evutil_socket_t fd, short what, void *arg)
{
	struct buf b = BUF_INIT;

	(void)fd;
	(void)what;
	buf_add_str(&b, "{}");
	reply_json(arg, 200, &b);
}

static void
later(struct request *rq)
{
	struct fixture *f = request_app(rq);
	struct timeval soon = { 0, 1000 };

	count(rq);
	event_base_once(f->base, -1, EV_TIMEOUT, later_done, rq, &soon);
}

static void
pending(struct request *rq)
{
	struct fixture *f = request_app(rq);

	count(rq);
	pthread_mutex_lock(&f->lock);
	assert_true(f->n_pending < FIXTURE_PENDING_MAX);
	f->pending[f->n_pending++] = rq;
	pthread_mutex_unlock(&f->lock);
}

static void
send_big(struct request *rq)
{
	count(rq);
	reply_static(rq, "text/plain", big, sizeof(big));
}

static void
problem(struct request *rq)
{
	count(rq);
	reply_problem_reasons(rq, ERR_STORE_UNAVAILABLE, "Say \"why\".", "{\"full\":2}");
}

static void
stream_closed(void *arg)
{
	(void)arg;
}

/* Sends two pieces and ends, or with ?open=1 does not end. */
static void
stream(struct request *rq)
{
	bool open = request_query(rq, "open") != NULL;
	struct http_stream *s;

	count(rq);
	s = http_stream_start(rq, "text/plain", stream_closed, NULL);
	if (s == NULL)
		return;
	http_stream_send(s, "one piece\n", 10);
	http_stream_send(s, "two\n", 4);
	if (!open)
		http_stream_end(s);
}

static const struct route routes[] = {
	{ METHOD_GET, "/", home },
	{ METHOD_GET, "/show/:a", show },
	{ METHOD_GET, "/show/:a/of/:b", show },
	{ METHOD_POST, "/body", body },
	{ METHOD_DELETE, "/item/:id", item },
	{ METHOD_GET, "/item/:id", show },
	{ METHOD_GET, "/later", later },
	{ METHOD_GET, "/pending", pending },
	{ METHOD_GET, "/big", send_big },
	{ METHOD_GET, "/problem", problem },
	{ METHOD_GET, "/stream", stream },
};

void
fixture_start_inline(struct fixture *f, const struct http_options *options)
{
	char why[128];

	evthread_use_pthreads();
	memset(f, 0, sizeof(*f));
	memset(big, 'b', sizeof(big));
	pthread_mutex_init(&f->lock, NULL);
	f->base = event_base_new();
	f->fd = http_listen("127.0.0.1", 0, why, sizeof(why));
	assert_true(f->fd >= 0);
	f->port = http_listen_port(f->fd);
	f->server = http_server_new(f->base, f->fd, routes, ARRAY_LEN(routes), f,
	    options != NULL ? options : &http_options_default);
}

static void *
loop(void *arg)
{
	struct fixture *f = arg;

	event_base_loop(f->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

void
fixture_start(struct fixture *f, const struct http_options *options)
{
	fixture_start_inline(f, options);
	assert_int_equal(pthread_create(&f->thread, NULL, loop, f), 0);
	f->threaded = true;
}

void
fixture_answer(struct fixture *f)
{
	size_t i, n;

	pthread_mutex_lock(&f->lock);
	n = f->n_pending;
	f->n_pending = 0;
	pthread_mutex_unlock(&f->lock);
	for (i = 0; i < n; i++) {
		struct buf b = BUF_INIT;

		buf_add_str(&b, "{\"late\":true}");
		reply_json(f->pending[i], 200, &b);
	}
}

void
fixture_free_server(struct fixture *f)
{
	http_server_free(f->server);
	f->server = NULL;
}

void
fixture_stop(struct fixture *f)
{
	if (f->threaded) {
		event_base_loopbreak(f->base);
		pthread_join(f->thread, NULL);
	}
	if (f->server != NULL)
		http_server_free(f->server);
	fixture_answer(f);
	event_base_free(f->base);
	close(f->fd);
	pthread_mutex_destroy(&f->lock);
}

struct run {
	struct fixture *fixture;
	void (*call)(struct fixture *f);
	bool done;
};

static void
run_done(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;

	(void)fd;
	(void)what;
	run->call(run->fixture);
	pthread_mutex_lock(&run->fixture->lock);
	run->done = true;
	pthread_mutex_unlock(&run->fixture->lock);
}

/* Waits until *n is at least `at_least`. Fails after PATIENCE_MS. */
static void
wait_until(struct fixture *f, const size_t *n, size_t at_least)
{
	int64_t deadline = clock_mono_ms() + PATIENCE_MS;
	size_t seen;

	do {
		usleep(500);
		pthread_mutex_lock(&f->lock);
		seen = *n;
		pthread_mutex_unlock(&f->lock);
	} while (seen < at_least && clock_mono_ms() < deadline);
	assert_true(seen >= at_least);
}

int
fixture_setup(void **state)
{
	(void)state;
	fixture_start(&fixture, NULL);
	return 0;
}

int
fixture_teardown(void **state)
{
	(void)state;
	fixture_stop(&fixture);
	return 0;
}

void
fixture_run(struct fixture *f, void (*call)(struct fixture *f))
{
	struct run run = { f, call, false };
	int64_t deadline = clock_mono_ms() + PATIENCE_MS;
	bool done;

	event_base_once(f->base, -1, EV_TIMEOUT, run_done, &run, NULL);
	do {
		usleep(500);
		pthread_mutex_lock(&f->lock);
		done = run.done;
		pthread_mutex_unlock(&f->lock);
	} while (!done && clock_mono_ms() < deadline);
	assert_true(done);
}

void
fixture_wait_pending(struct fixture *f, size_t n)
{
	wait_until(f, &f->n_pending, n);
}

void
fixture_wait_handled(struct fixture *f, size_t n)
{
	wait_until(f, &f->handled, n);
}

void
fixture_wait_drained(struct fixture *f)
{
	wait_until(f, &f->drained, 1);
}

size_t
fixture_handled(struct fixture *f)
{
	size_t n;

	pthread_mutex_lock(&f->lock);
	n = f->handled;
	pthread_mutex_unlock(&f->lock);
	return n;
}

struct http_client
fixture_client(struct fixture *f)
{
	struct http_client c;

	assert_true(http_client_open(&c, "127.0.0.1", f->port));
	return c;
}

void
fixture_exchange(
    struct fixture *f, const void *request, size_t len, int status, struct http_response *r)
{
	struct http_client c = fixture_client(f);

	assert_true(http_client_send(&c, request, len));
	assert_true(http_client_read(&c, r));
	if (r->status != status)
		fail_msg("%d instead of %d for %.*s: %s", r->status, status, (int)len,
		    (const char *)request, r->body);
	http_client_close(&c);
}

void
fixture_refused(struct fixture *f, const void *request, size_t len, int status, const char *code)
{
	struct http_client c = fixture_client(f);
	size_t handled = fixture_handled(f);
	struct http_response r;
	char member[64];

	assert_true(http_client_send(&c, request, len));
	assert_true(http_client_read(&c, &r));
	snprintf(member, sizeof(member), "\"code\":\"%s\"", code);
	if (r.status != status || strstr(r.body, member) == NULL)
		fail_msg("%d instead of %d %s for %.*s: %s", r.status, status, code, (int)len,
		    (const char *)request, r.body);
	assert_string_equal(http_response_header(&r, "content-type"), "application/problem+json");
	assert_true(r.close);
	assert_true(http_client_closed(&c));
	assert_int_equal(fixture_handled(f), handled);
	http_response_fini(&r);
	http_client_close(&c);
}
