/*
 * The lifetime of a connection. Invariants: every event leads to turn(). Only its last step,
 * settle(), sets events. Only settle() and connection_cut_all free the connection. All output of
 * a turn is sent in one write, but for the last chunk of a stream that a drain ends.
 */
#include "http/connection.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/text.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	INPUT_MAX = 64 * 1024, /* kept unparsed before reading stops; the last read may exceed it */
	LINGER_MS = 2000,
	LINGER_MAX = 8 * 1024 * 1024, /* bytes that a client may still send after the last reply */
};

struct connection {
	struct exchange exchange;
	struct connection_entry entry; /* in the server's list */
	struct connection_context *context;
	struct buffered_socket socket;
	char peer[INET6_ADDRSTRLEN];
	size_t discarded; /* bytes that came after the last request */
	bool dead;        /* to be freed at the end of the turn */
	bool in_turn;
	int64_t timer_at; /* when the timer fires; 0: it is not set */
	struct event timer;
};

static void turn_alone(struct connection *c, const char *input, size_t len);
static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);
static void on_timer(evutil_socket_t fd, short what, void *arg);

static struct connection *
of_entry(struct connection_entry *e)
{
	return (struct connection *)((char *)e - offsetof(struct connection, entry));
}

/* A change within a turn is handled at its end; any other change needs a new turn. */
static void
on_changed(struct exchange *x)
{
	struct connection *c =
	    (struct connection *)((char *)x - offsetof(struct connection, exchange));

	if (!c->in_turn)
		connection_list_make_ready(&c->context->list, &c->entry);
}

void
connection_new(struct connection_context *context, int fd, const char *peer, bool refused)
{
	struct connection *c = xcalloc(1, sizeof(*c));
	int on = 1;

	c->context = context;
	text_copy(c->peer, sizeof(c->peer), peer);
	buffered_socket_init(&c->socket, context->base, fd, on_readable, on_writable, c);
	exchange_init(&c->exchange, &context->exchange, &c->socket, c->peer, on_changed);
	evtimer_assign(&c->timer, context->base, on_timer, c);
	/* This fails on a unix socket, which has no such delay. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	connection_list_add(&context->list, &c->entry, refused);
	metrics_count(METRIC_HTTP_CONNECTIONS);
	metrics_count(refused ? METRIC_HTTP_REFUSED : METRIC_HTTP_ACCEPTED);
	if (refused) {
		c->in_turn = true;
		exchange_fail(&c->exchange, ERR_OVERLOADED, "Too many connections are open.");
		turn_alone(c, "", 0);
	} else {
		/* Most clients have sent their request by now. */
		on_readable(fd, EV_READ, c);
	}
}

static void
connection_free(struct connection *c)
{
	struct connection_list *list = &c->context->list;

	exchange_fini(&c->exchange);
	event_del(&c->timer);
	buffered_socket_fini(&c->socket);
	metrics_add(METRIC_HTTP_CONNECTIONS, 0, 0, -1);
	connection_list_remove(list, &c->entry);
	free(c);
}

void
connection_cut_all(struct connection_context *context)
{
	struct connection_entry *e;

	while ((e = connection_list_first(&context->list)) != NULL)
		connection_free(of_entry(e));
}

/* The deadline of the present phase, on the monotonic clock (ms); INT64_MAX for none. */
static int64_t
deadline(const struct connection *c)
{
	const struct http_options *o = &c->context->options;
	enum exchange_phase phase = c->exchange.phase;
	int64_t since = c->exchange.since, wrote_at = c->socket.wrote_at;

	if (c->socket.writing && phase != PHASE_HEAD && phase != PHASE_BODY)
		return wrote_at + o->idle_ms;
	switch (phase) {
	case PHASE_IDLE:
		return (since > wrote_at ? since : wrote_at) + o->idle_ms;
	case PHASE_HEAD:
		return since + o->header_deadline_ms;
	case PHASE_BODY:
		return since + o->body_deadline_ms;
	case PHASE_LINGERING:
		return since + LINGER_MS;
	default:
		return INT64_MAX;
	}
}

/*
 * Sets the timer for the deadline. A timer that fires earlier is left: on_timer then sets it
 * again.
 */
static void
set_timer(struct connection *c)
{
	int64_t at = deadline(c), wait;
	struct timeval tv;

	if (at == INT64_MAX || (c->timer_at != 0 && c->timer_at <= at))
		return;
	wait = at - clock_mono_ms();
	if (wait < 1)
		wait = 1;
	tv.tv_sec = (time_t)(wait / 1000);
	tv.tv_usec = (suseconds_t)(wait % 1000 * 1000);
	c->timer_at = at;
	evtimer_add(&c->timer, &tv);
}

/*
 * Ends a turn: starts to close the connection if it is time for that, and sets the events; or
 * frees it.
 */
static void
settle(struct connection *c)
{
	struct exchange *x = &c->exchange;
	bool flushed = buffered_socket_unsent(&c->socket) == 0;
	size_t waiting = buffered_socket_kept(&c->socket);
	bool eof = c->socket.eof, draining = x->context->draining;

	if (x->phase == PHASE_IDLE && waiting == 0 && (eof || draining)) {
		c->dead = c->dead || flushed;
		exchange_enter(x, PHASE_CLOSING);
	}
	if (x->phase == PHASE_STREAMING && draining) {
		exchange_close_stream(x);
		buffered_socket_flush(&c->socket);
		flushed = buffered_socket_unsent(&c->socket) == 0;
	}
	if (eof && (flushed || x->phase == PHASE_STREAMING) && x->phase >= PHASE_STREAMING)
		c->dead = true;
	if (x->phase == PHASE_CLOSING && flushed && !c->dead) {
		shutdown(c->socket.fd, SHUT_WR);
		exchange_enter(x, PHASE_LINGERING);
	}
	if (c->dead || c->socket.failed || c->discarded > LINGER_MAX) {
		connection_free(c);
		return;
	}
	buffered_socket_watch(&c->socket, !eof && waiting < INPUT_MAX);
	set_timer(c);
}

/* Keeps the `left` bytes at `rest`, the end of the input, for a later turn. */
static void
keep_input(struct connection *c, const char *rest, size_t left)
{
	if (c->exchange.phase >= PHASE_STREAMING) {
		c->discarded += left;
		left = 0;
	}
	buffered_socket_keep(&c->socket, rest, left);
}

/*
 * Parses the input, sends the output, and decides what is next. `input`, `len` bytes and not
 * NULL, is what has just been read. The connection may have been freed afterwards.
 */
static void
turn(struct connection *c, const char *input, size_t len)
{
	struct exchange *x = &c->exchange;

	c->in_turn = true;
	input = buffered_socket_take(&c->socket, input, &len);
	do {
		size_t used = exchange_parse(x, input, len);

		input += used;
		len -= used;
		if (c->socket.eof && len == 0 && (x->phase == PHASE_HEAD || x->phase == PHASE_BODY))
			exchange_fail(
			    x, ERR_BAD_REQUEST, "The connection ended before the request did.");
		buffered_socket_flush(&c->socket);
		/* Input is left if a reply must be sent first, or if there was no room for one. */
	} while (!c->socket.failed && len > 0 && exchange_may_parse(x));
	keep_input(c, input, len);
	c->in_turn = false;
	settle(c);
}

/* A turn for an event of this connection alone. Also writes its log records. */
static void
turn_alone(struct connection *c, const char *input, size_t len)
{
	turn(c, input, len);
	log_flush();
}

/* A turn that the list gives. The list writes the log records of all turns. */
static void
turn_listed(struct connection_entry *e)
{
	turn(of_entry(e), "", 0);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;
	char *input = c->context->input;

	(void)fd;
	(void)what;
	turn_alone(c, input, buffered_socket_read(&c->socket, input, CONNECTION_READ_MAX));
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	turn_alone(arg, "", 0);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;
	struct exchange *x = &c->exchange;

	(void)fd;
	(void)what;
	c->timer_at = 0;
	if (clock_mono_ms() >= deadline(c)) {
		c->in_turn = true;
		if (x->phase == PHASE_HEAD)
			exchange_fail(x, ERR_REQUEST_TIMEOUT, "The header did not arrive in time.");
		else if (x->phase == PHASE_BODY)
			exchange_fail(x, ERR_REQUEST_TIMEOUT, "The body did not arrive in time.");
		else
			c->dead = true;
	}
	turn_alone(c, "", 0);
}

void
connection_context_init(struct connection_context *context, struct event_base *base,
    const struct router *router, void *app, const struct http_options *options)
{
	context->base = base;
	context->options = *options;
	context->exchange = (struct exchange_context){
		.router = router,
		.proxies = options->proxies,
		.path_prefix = options->path_prefix,
		.app = app,
		.idle_s = options->idle_ms / 1000,
	};
	connection_list_init(&context->list, base, turn_listed);
}

void
connection_context_fini(struct connection_context *context)
{
	connection_cut_all(context);
	connection_list_fini(&context->list);
}

void
connection_context_drain(struct connection_context *context)
{
	context->exchange.draining = true;
	connection_list_make_all_ready(&context->list);
}
