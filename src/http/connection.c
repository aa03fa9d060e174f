/*
 * One connection. It reads, has its message parsed, hands one request at a time to its handler,
 * and writes the replies, all of a turn in one go. Not responsible for what a request says, nor
 * for how bytes come and go (wire.c).
 *
 * Invariant: whatever happens, it is followed by connection_turn, and there alone, at its end,
 * a living connection is freed and its events are set; a handler is called from there alone,
 * with no parser on the stack, so that it may reply at once or later alike.
 */
#include "http/connection.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "http/message.h"
#include "http/reply.h"
#include "http/wire.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	INPUT_MAX = 64 * 1024,   /* read ahead of the parser, but for the last read */
	OUTPUT_MAX = 256 * 1024, /* unsent, but for the last reply, while more is parsed */
	LINGER_MS = 2000,
	LINGER_MAX = 8 * 1024 * 1024, /* bytes that a client may still send after the last reply */
};

enum phase {
	PHASE_IDLE,      /* no byte of a request yet */
	PHASE_HEAD,      /* a head has started to come */
	PHASE_BODY,      /* the head is complete */
	PHASE_HANDLING,  /* a handler has the request */
	PHASE_STREAMING, /* the reply goes on and on */
	PHASE_CLOSING,   /* the last reply is on its way out */
	PHASE_LINGERING, /* it is out: waiting for the client to close, lest a reset eats it */
};

struct connection {
	TAILQ_ENTRY(connection) link;
	TAILQ_ENTRY(connection) ready_link;
	struct http_server *server;
	struct wire wire;
	char peer[INET6_ADDRSTRLEN];

	enum phase phase;
	int64_t since; /* when the phase began */
	bool refused;  /* over the limit of connections */
	bool dead;     /* there is nothing more to do */
	bool in_turn;
	bool woken;   /* it is in the server's list of those that are ready */
	bool reading; /* which events are set */
	bool writing;
	int64_t wrote_at; /* while writing: the last time that some of the output went */
	int64_t timer_at; /* when the timer fires; 0: it is not set */

	struct message message;
	struct request *rq;         /* being read, or with its handler */
	struct http_stream *stream; /* while streaming; else NULL */
	size_t discarded;           /* bytes that came after the last request */

	struct event read_event, write_event, timer_event;
};

static void connection_read(evutil_socket_t fd, short what, void *arg);
static void connection_write(evutil_socket_t fd, short what, void *arg);
static void connection_timeout(evutil_socket_t fd, short what, void *arg);
static void turn_alone(struct connection *c, const char *input, size_t len);

static void
enter(struct connection *c, enum phase phase)
{
	c->phase = phase;
	c->since = clock_mono_ms();
}

static struct request *
need_request(struct connection *c)
{
	if (c->rq == NULL) {
		c->rq = request_new(c, c->server->app, c->peer);
		message_begin(&c->message, c->rq);
	}
	return c->rq;
}

/* Answers what cannot be understood, and has the connection closed after it. */
static void
fail(struct connection *c, enum err e, const char *detail)
{
	struct request *rq = need_request(c);

	rq->keep_alive = false;
	enter(c, PHASE_HANDLING);
	reply_problem(rq, e, detail);
}

static void
set_events(struct connection *c)
{
	struct event_base *base = c->server->base;

	event_assign(&c->read_event, base, c->wire.fd, EV_READ | EV_PERSIST, connection_read, c);
	event_assign(&c->write_event, base, c->wire.fd, EV_WRITE | EV_PERSIST, connection_write, c);
	evtimer_assign(&c->timer_event, base, connection_timeout, c);
}

void
connection_new(struct http_server *s, int fd, const char *peer, bool refused)
{
	struct connection *c = xcalloc(1, sizeof(*c));
	int on = 1;

	c->server = s;
	wire_init(&c->wire, fd);
	c->refused = refused;
	snprintf(c->peer, sizeof(c->peer), "%s", peer);
	/* It fails on a unix socket, which has no such delay. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	set_events(c);
	TAILQ_INSERT_TAIL(&s->connections, c, link);
	if (refused)
		s->n_refused++;
	else
		s->n_open++;
	metrics_count(METRIC_HTTP_CONNECTIONS);
	metrics_count(refused ? METRIC_HTTP_REFUSED : METRIC_HTTP_ACCEPTED);
	enter(c, PHASE_IDLE);
	if (refused) {
		c->in_turn = true;
		fail(c, ERR_OVERLOADED, "Too many connections are open.");
		turn_alone(c, "", 0);
	} else {
		/* Most clients have sent their request by now. */
		connection_read(fd, EV_READ, c);
	}
}

static void
connection_free(struct connection *c)
{
	struct http_server *s = c->server;

	if (c->stream != NULL)
		http_stream_lost(c->stream);
	event_del(&c->read_event);
	event_del(&c->write_event);
	event_del(&c->timer_event);
	if (c->woken)
		TAILQ_REMOVE(&s->ready, c, ready_link);
	TAILQ_REMOVE(&s->connections, c, link);
	metrics_add(METRIC_HTTP_CONNECTIONS, 0, 0, -1);
	if (c->refused)
		s->n_refused--;
	else
		s->n_open--;
	if (c->rq != NULL && c->phase == PHASE_HANDLING)
		c->rq->conn = NULL;
	else if (c->rq != NULL)
		request_free(c->rq);
	wire_fini(&c->wire);
	free(c);
	server_connection_gone(s);
}

static void
connection_wake(struct connection *c)
{
	struct http_server *s = c->server;

	if (c->woken)
		return;
	c->woken = true;
	if (TAILQ_EMPTY(&s->ready))
		event_active(&s->ready_event, EV_TIMEOUT, 0);
	TAILQ_INSERT_TAIL(&s->ready, c, ready_link);
}

void
connection_wake_all(struct http_server *s)
{
	struct connection *c;

	TAILQ_FOREACH(c, &s->connections, link)
	connection_wake(c);
}

void
connection_cut_all(struct http_server *s)
{
	while (!TAILQ_EMPTY(&s->connections))
		connection_free(TAILQ_FIRST(&s->connections));
}

struct connection *
connection_next_woken(struct http_server *s)
{
	struct connection *c = TAILQ_FIRST(&s->ready);

	if (c != NULL) {
		TAILQ_REMOVE(&s->ready, c, ready_link);
		c->woken = false;
	}
	return c;
}

struct buf *
connection_output(struct connection *c)
{
	assert(c->phase == PHASE_HANDLING);
	return wire_output(&c->wire);
}

bool
connection_ended(const struct connection *c)
{
	return c->wire.eof;
}

bool
connection_keeps(const struct connection *c)
{
	return c->rq->keep_alive && !c->server->draining;
}

void
connection_answered(struct connection *c)
{
	bool keeps = connection_keeps(c);

	request_free(c->rq);
	c->rq = NULL;
	enter(c, keeps ? PHASE_IDLE : PHASE_CLOSING);
	if (!c->in_turn)
		connection_wake(c);
}

void
connection_stream(struct connection *c, struct http_stream *s)
{
	request_free(c->rq);
	c->rq = NULL;
	c->stream = s;
	enter(c, PHASE_STREAMING);
	if (!c->in_turn)
		connection_wake(c);
}

void
connection_stream_send(struct connection *c, const void *data, size_t len)
{
	buf_add(wire_output(&c->wire), data, len);
	if (!c->in_turn)
		connection_wake(c);
}

void
connection_stream_end(struct connection *c)
{
	c->stream = NULL;
	enter(c, PHASE_CLOSING);
	if (!c->in_turn)
		connection_wake(c);
}

size_t
connection_backlog(const struct connection *c)
{
	return wire_unsent(&c->wire);
}

/* The head is read: asks for the body, or refuses to have it sent in vain. */
static void
head_done(struct connection *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct request *rq = c->rq;
	bool has_body = rq->chunked || rq->length > 0;

	enter(c, PHASE_BODY);
	request_resolve(rq, c->server->router);
	if (!has_body || rq->http10 || rq->expect == EXPECT_NOTHING)
		return;
	if (rq->verdict == ERR_OK) {
		buf_add_str(wire_output(&c->wire), go_on);
	} else {
		rq->keep_alive = false;
		enter(c, PHASE_HANDLING);
		request_dispatch(rq);
	}
}

static bool
may_parse(const struct connection *c)
{
	return c->phase < PHASE_HANDLING && wire_unsent(&c->wire) < OUTPUT_MAX;
}

/* Parses and handles as much of the input as may be now. Returns how many bytes it took. */
static size_t
parse(struct connection *c, const char *data, size_t len)
{
	size_t used = 0;

	/* After the head a message may be complete without a further byte. */
	while (may_parse(c) && (used < len || c->phase == PHASE_BODY)) {
		enum message_event event;
		size_t n;

		need_request(c);
		event = message_feed(&c->message, data + used, len - used, &n);
		used += n;
		if (event == MESSAGE_HEAD) {
			head_done(c);
		} else if (event == MESSAGE_DONE) {
			c->phase = PHASE_HANDLING;
			request_dispatch(c->rq);
		} else if (event == MESSAGE_FAULT) {
			fail(c, c->message.fault, c->message.detail);
		} else {
			if (c->phase == PHASE_IDLE && c->message.begun)
				enter(c, PHASE_HEAD);
			break;
		}
	}
	return used;
}

/* Sends what the socket takes. */
static void
flush(struct connection *c)
{
	if (wire_unsent(&c->wire) == 0)
		return;
	if (wire_flush(&c->wire) || !c->writing)
		c->wrote_at = clock_mono_ms();
}

/* Keeps the `left` bytes at `rest`, the end of the input, for a later turn. */
static void
keep_input(struct connection *c, const char *rest, size_t left)
{
	if (c->phase >= PHASE_STREAMING) {
		c->discarded += left;
		left = 0;
	}
	wire_keep(&c->wire, rest, left);
}

/* When the connection must have moved, on the monotonic clock; INT64_MAX for never. */
static int64_t
deadline(const struct connection *c)
{
	const struct http_limits *l = &c->server->limits;

	if (c->writing && c->phase != PHASE_HEAD && c->phase != PHASE_BODY)
		return c->wrote_at + l->idle_ms;
	switch (c->phase) {
	case PHASE_IDLE:
		return (c->since > c->wrote_at ? c->since : c->wrote_at) + l->idle_ms;
	case PHASE_HEAD:
		return c->since + l->header_deadline_ms;
	case PHASE_BODY:
		return c->since + l->body_deadline_ms;
	case PHASE_LINGERING:
		return c->since + LINGER_MS;
	default:
		return INT64_MAX;
	}
}

/* A timer that is set for earlier is left as it is: it looks again when it fires. */
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
	evtimer_add(&c->timer_event, &tv);
}

static void
set_event(struct event *event, bool wanted, bool *is_set)
{
	if (wanted && !*is_set)
		event_add(event, NULL);
	else if (!wanted && *is_set)
		event_del(event);
	*is_set = wanted;
}

/* Goes on to closing where it is time, and sets the events; or frees what is done with. */
static void
settle(struct connection *c)
{
	bool flushed = wire_unsent(&c->wire) == 0;
	size_t waiting = wire_kept(&c->wire);
	bool eof = c->wire.eof;

	if (c->phase == PHASE_IDLE && waiting == 0 && (eof || c->server->draining)) {
		c->dead = c->dead || flushed;
		enter(c, PHASE_CLOSING);
	}
	if (c->phase == PHASE_STREAMING && c->server->draining) {
		http_stream_lost(c->stream);
		c->stream = NULL;
		enter(c, PHASE_CLOSING);
	}
	if (eof && (flushed || c->phase == PHASE_STREAMING) && c->phase >= PHASE_STREAMING)
		c->dead = true;
	if (c->phase == PHASE_CLOSING && flushed && !c->dead) {
		shutdown(c->wire.fd, SHUT_WR);
		enter(c, PHASE_LINGERING);
	}
	if (c->dead || c->wire.failed || c->discarded > LINGER_MAX) {
		connection_free(c);
		return;
	}
	set_event(&c->read_event, !eof && waiting < INPUT_MAX, &c->reading);
	set_event(&c->write_event, !flushed, &c->writing);
	set_timer(c);
}

void
connection_turn(struct connection *c, const char *input, size_t len)
{
	c->in_turn = true;
	input = wire_take(&c->wire, input, &len);
	do {
		size_t used = parse(c, input, len);

		input += used;
		len -= used;
		if (c->wire.eof && len == 0 && (c->phase == PHASE_HEAD || c->phase == PHASE_BODY))
			fail(c, ERR_BAD_REQUEST, "The connection ended before the request did.");
		flush(c);
		/* Input is left over where there was a reply to wait for, or no room for another. */
	} while (!c->wire.failed && len > 0 && may_parse(c));
	keep_input(c, input, len);
	c->in_turn = false;
	settle(c);
}

/* A turn that the server does not give: nobody else sees to what it has logged. */
static void
turn_alone(struct connection *c, const char *input, size_t len)
{
	connection_turn(c, input, len);
	log_flush();
}

static void
connection_read(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;
	char *input = c->server->input;

	(void)fd;
	(void)what;
	turn_alone(c, input, wire_read(&c->wire, input, SERVER_READ_MAX));
}

static void
connection_write(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	turn_alone(arg, "", 0);
}

static void
connection_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;

	(void)fd;
	(void)what;
	c->timer_at = 0;
	if (clock_mono_ms() >= deadline(c)) {
		c->in_turn = true;
		if (c->phase == PHASE_HEAD)
			fail(c, ERR_REQUEST_TIMEOUT, "The header did not arrive in time.");
		else if (c->phase == PHASE_BODY)
			fail(c, ERR_REQUEST_TIMEOUT, "The body did not arrive in time.");
		else
			c->dead = true;
	}
	turn_alone(c, "", 0);
}
