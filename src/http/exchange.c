/*
 * Requests in, replies out. Invariant: a handler is called only from exchange_parse, after the
 * parser has returned, so it may reply at once or later. Nothing is parsed until it has replied.
 */
#include "http/exchange.h"

#include "base/clock.h"
#include "http/dispatch.h"
#include "http/reply.h"

#include <assert.h>

enum { OUTPUT_MAX = 256 * 1024 }; /* unsent before parsing stops; the last reply may exceed it */

static struct exchange *
of_sink(struct sink *s)
{
	return (struct exchange *)((char *)s - offsetof(struct exchange, sink));
}

static const struct exchange *
of_const_sink(const struct sink *s)
{
	return (const struct exchange *)((const char *)s - offsetof(struct exchange, sink));
}

static struct buf *
output(struct sink *s)
{
	assert(of_sink(s)->phase == PHASE_HANDLING);
	return buffered_socket_output(of_sink(s)->socket);
}

static bool
keeps_open(const struct sink *s)
{
	const struct exchange *x = of_const_sink(s);

	return x->rq->keep_alive && !x->context->draining;
}

static int
idle_s(const struct sink *s)
{
	return of_const_sink(s)->context->idle_s;
}

static bool
client_gone(const struct sink *s)
{
	return of_const_sink(s)->socket->eof;
}

/* The handler has answered the request, or started a stream. */
static void
end_request(struct exchange *x, enum exchange_phase next)
{
	request_free(x->rq);
	x->rq = NULL;
	exchange_enter(x, next);
	x->changed(x);
}

static void
answered(struct sink *s)
{
	end_request(of_sink(s), keeps_open(s) ? PHASE_IDLE : PHASE_CLOSING);
}

static void
stream_start(struct sink *s, sink_closed_fn closed, void *arg)
{
	struct exchange *x = of_sink(s);

	x->chunked = !x->rq->http10;
	x->closed = closed;
	x->closed_arg = arg;
	end_request(x, PHASE_STREAMING);
}

static void
stream_send(struct sink *s, const void *data, size_t len)
{
	struct exchange *x = of_sink(s);
	struct buf *out = buffered_socket_output(x->socket);

	if (x->chunked)
		buf_addf(out, "%zx\r\n", len);
	buf_add(out, data, len);
	if (x->chunked)
		buf_add(out, "\r\n", 2);
	x->changed(x);
}

static size_t
stream_unsent(const struct sink *s)
{
	return buffered_socket_unsent(of_const_sink(s)->socket);
}

/* Ends the reply; after the last chunk a client knows that it has all of it. */
static void
finish_stream(struct exchange *x)
{
	if (x->chunked)
		buf_add_str(buffered_socket_output(x->socket), "0\r\n\r\n");
	x->closed = NULL;
	exchange_enter(x, PHASE_CLOSING);
}

static void
stream_end(struct sink *s)
{
	struct exchange *x = of_sink(s);

	finish_stream(x);
	x->changed(x);
}

static const struct sink_ops sink_ops = {
	.output = output,
	.keeps_open = keeps_open,
	.idle_s = idle_s,
	.client_gone = client_gone,
	.answered = answered,
	.stream_start = stream_start,
	.stream_send = stream_send,
	.stream_unsent = stream_unsent,
	.stream_end = stream_end,
};

void
exchange_init(struct exchange *x, const struct exchange_context *context,
    struct buffered_socket *socket, const char *peer, void (*changed)(struct exchange *x))
{
	x->sink.ops = &sink_ops;
	x->context = context;
	x->socket = socket;
	x->peer = peer;
	x->changed = changed;
	x->rq = NULL;
	x->closed = NULL;
	exchange_enter(x, PHASE_IDLE);
}

void
exchange_fini(struct exchange *x)
{
	if (x->closed != NULL)
		exchange_close_stream(x);
	if (x->rq != NULL && x->phase == PHASE_HANDLING)
		x->rq->sink = NULL;
	else if (x->rq != NULL)
		request_free(x->rq);
}

void
exchange_enter(struct exchange *x, enum exchange_phase phase)
{
	x->phase = phase;
	x->since = clock_mono_ms();
}

void
exchange_close_stream(struct exchange *x)
{
	sink_closed_fn closed = x->closed;

	finish_stream(x);
	closed(x->closed_arg);
}

static struct request *
need_request(struct exchange *x)
{
	if (x->rq == NULL) {
		x->rq = request_new(&x->sink, x->context->app, x->peer);
		x->rq->path_prefix = x->context->path_prefix;
		message_begin(&x->message, x->rq);
	}
	return x->rq;
}

void
exchange_fail(struct exchange *x, enum err e, const char *detail)
{
	struct request *rq = need_request(x);

	rq->keep_alive = false;
	exchange_enter(x, PHASE_HANDLING);
	reply_problem(rq, e, detail);
}

/*
 * The head is complete: asks for the body, or refuses the request before the client sends the
 * body.
 */
static void
head_done(struct exchange *x)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct request *rq = x->rq;
	bool has_body = rq->chunked || rq->length > 0;

	exchange_enter(x, PHASE_BODY);
	if (x->context->proxies != NULL)
		proxies_find_client(x->context->proxies, buf_str(&rq->forwarded_for), rq->peer);
	dispatch_resolve(rq, x->context->router);
	if (!has_body || rq->http10 || rq->expect == EXPECT_NOTHING)
		return;
	if (rq->verdict == ERR_OK) {
		buf_add_str(buffered_socket_output(x->socket), go_on);
	} else {
		rq->keep_alive = false;
		exchange_enter(x, PHASE_HANDLING);
		dispatch_call(rq);
	}
}

bool
exchange_may_parse(const struct exchange *x)
{
	return x->phase < PHASE_HANDLING && buffered_socket_unsent(x->socket) < OUTPUT_MAX;
}

size_t
exchange_parse(struct exchange *x, const char *data, size_t len)
{
	size_t used = 0;

	/* After its head, a message without a body is complete without another byte. */
	while (exchange_may_parse(x) && (used < len || x->phase == PHASE_BODY)) {
		enum message_event event;
		size_t n;

		need_request(x);
		event = message_feed(&x->message, data + used, len - used, &n);
		used += n;
		if (event == MESSAGE_HEAD) {
			head_done(x);
		} else if (event == MESSAGE_DONE) {
			x->phase = PHASE_HANDLING;
			dispatch_call(x->rq);
		} else if (event == MESSAGE_FAULT) {
			exchange_fail(x, x->message.fault, x->message.detail);
		} else {
			if (x->phase == PHASE_IDLE && x->message.begun)
				exchange_enter(x, PHASE_HEAD);
			break;
		}
	}
	return used;
}
