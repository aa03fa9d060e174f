/*
 * The connection. Responsible for the socket, timeouts and reconnects. What is said on a new
 * connection is in handshake.c, the order of replies in pipeline.c, the protocol in reply_reader.c
 * and command.c.
 * Invariant: without a socket the pipeline is empty, and the connection is not ready.
 */
#include "redis/connection.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "redis/command.h"
#include "redis/handshake.h"
#include "redis/pipeline.h"
#include "redis/redis_error.h"
#include "redis/reply_reader.h"
#include "redis/resolver.h"
#include "redis/sentinel.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
	BACKOFF_FIRST_MS = 50,
	CHECK_MS = 100,
	OUT_KEPT_MAX = 64 * 1024, /* memory that is kept for the next turn's commands */
};

/* A step of the handshake, as the argument of its callback. */
struct handshake_step {
	struct redis_connection *connection;
	size_t step;
};

struct redis_connection {
	struct event_base *base;
	struct redis_options options;
	redis_ready_fn ready_fn;
	void *ready_arg;
	struct evdns_base *dns;      /* names are looked up without holding up the loop */
	struct resolver_turn turn;   /* among the addresses of Redis */
	struct sentinels *sentinels; /* NULL: the URL says where Redis is */
	struct bufferevent *bev;     /* NULL between attempts */
	struct reply_reader reader;
	struct handshake handshake;
	struct handshake_step steps[HANDSHAKE_STEPS];
	struct pipeline pipeline;
	struct event *flush; /* active while there is something to send in this turn of the loop */
	struct event *timer; /* the next attempt, or the next look at deadlines */
	int64_t connect_deadline;
	int attempts; /* failed since the last command that was answered */
	bool asking;  /* the sentinels, where the master is */
	bool ready;
	char last_error[256];
	char run_id[REDIS_RUN_ID_SIZE];
};

static void connect_start(struct redis_connection *c);
static void connect_to(struct redis_connection *c, const char *host, int port);
static void on_timer(evutil_socket_t fd, short what, void *arg);

static void
arm(struct redis_connection *c, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	evtimer_add(c->timer, &tv);
}

/*
 * The pause before the next attempt. Full jitter, uniform between 0 and the bound, keeps many
 * front-ends from connecting at the same time.
 */
static int64_t
backoff_ms(const struct redis_connection *c)
{
	int64_t bound = BACKOFF_FIRST_MS;
	uint32_t random;
	int i;

	for (i = 1; i < c->attempts && bound < c->options.backoff_max_ms; i++)
		bound *= 2;
	if (bound > c->options.backoff_max_ms)
		bound = c->options.backoff_max_ms;
	evutil_secure_rng_get_bytes(&random, sizeof(random));
	return (int64_t)(random % (uint64_t)(bound + 1));
}

/* Notes whether the connection is ready, where that is counted too. */
static void
set_ready(struct redis_connection *c, bool ready)
{
	int by = (int)ready - (int)c->ready;

	c->ready = ready;
	metrics_add(METRIC_REDIS_CONNECTIONS, 0, 0, by);
	if (c->options.ready != NULL)
		atomic_fetch_add(c->options.ready, by);
}

/*
 * Closes the socket, answers every command in flight and schedules the next attempt. Commands of
 * the handshake are answered with `e`.
 */
static void
connection_fail(struct redis_connection *c, enum err e)
{
	bool was_ready = c->ready;

	resolver_cancel(&c->turn);
	if (c->bev != NULL)
		bufferevent_free(c->bev);
	c->bev = NULL;
	set_ready(c, false);
	c->asking = false;
	if (c->sentinels != NULL)
		sentinels_stop_asking(c->sentinels);
	if (was_ready) {
		metrics_count(METRIC_REDIS_LOST);
		metrics_add(METRIC_REDIS_ERRORS,
		    e == ERR_OUTCOME_UNKNOWN ? REDIS_ERROR_TIMED_OUT : REDIS_ERROR_LOST, 0,
		    (int64_t)pipeline_in_flight(&c->pipeline));
	}
	/* Redis may have carried out any command that was sent. */
	pipeline_fail(&c->pipeline, was_ready ? ERR_OUTCOME_UNKNOWN : e);
	c->attempts++;
	if (was_ready || c->attempts == 1)
		log_warn("redis", "%s", c->last_error);
	arm(c, backoff_ms(c));
}

static void
fail_with(struct redis_connection *c, enum err e, const char *what, const char *why)
{
	snprintf(c->last_error, sizeof(c->last_error), "%s: %s", what, why);
	connection_fail(c, e);
}

/* Like pipeline_add; the command is sent at the end of this turn of the loop. */
static struct buf *
begin_command(struct redis_connection *c, redis_reply_fn fn, void *arg)
{
	assert(c->bev != NULL);
	if (c->pipeline.out.len == 0)
		event_active(c->flush, EV_WRITE, 0);
	return pipeline_add(&c->pipeline, c->options.command_timeout_ms, fn, arg);
}

/* The handshake has succeeded. */
static void
connection_ready(struct redis_connection *c)
{
	memcpy(c->run_id, c->handshake.run_id, sizeof(c->run_id));
	set_ready(c, true);
	c->turn.good = true;
	metrics_count(METRIC_REDIS_CONNECTED);
	c->last_error[0] = '\0';
	if (c->ready_fn != NULL)
		c->ready_fn(c->ready_arg);
}

static void
handshake_step_done(void *arg, enum err e, const struct reply *r)
{
	const struct handshake_step *s = arg;
	struct redis_connection *c = s->connection;
	const char *wrong;

	(void)e;
	/* Without a reply the connection has failed already. */
	if (r == NULL)
		return;
	wrong = handshake_check(&c->handshake, s->step, r);
	if (wrong != NULL)
		fail_with(c, ERR_STORE_UNAVAILABLE, handshake_step_name(s->step), wrong);
	else if (s->step == HANDSHAKE_STEPS - 1)
		connection_ready(c);
}

static void
handshake_start(struct redis_connection *c)
{
	const char *words[HANDSHAKE_WORDS_MAX];
	size_t i, n;

	for (i = 0; i < HANDSHAKE_STEPS; i++) {
		n = handshake_command(&c->handshake, i, words);
		if (n > 0)
			command_add(
			    begin_command(c, handshake_step_done, &c->steps[i]), n, words, NULL);
	}
}

/* Gives one reply to the command that it answers. May end in connection_fail. */
static void
take_reply(struct redis_connection *c, const struct reply *r)
{
	if (pipeline_in_flight(&c->pipeline) == 0) {
		fail_with(c, ERR_STORE_UNAVAILABLE, "protocol", "a reply that nothing asked for");
		return;
	}
	if (r->kind != REPLY_ERROR && c->ready)
		c->attempts = 0;
	if (pipeline_answer(&c->pipeline, r) && c->ready)
		fail_with(c, ERR_STORE_UNAVAILABLE, "refused", r->text);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct redis_connection *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len;

	while ((len = evbuffer_get_contiguous_space(in)) > 0) {
		reply_reader_feed(&c->reader, evbuffer_pullup(in, (ev_ssize_t)len), len);
		evbuffer_drain(in, len);
	}
	/*
	 * A reply may close the connection. The reader is only reset when the next one is opened.
	 */
	while (c->bev == bev) {
		const struct reply *reply;

		if (!reply_reader_next(&c->reader, &reply)) {
			fail_with(c, ERR_STORE_UNAVAILABLE, "protocol", "bytes that are no reply");
			return;
		}
		if (reply == NULL)
			return;
		take_reply(c, reply);
	}
}

/*
 * Sends the commands of this turn. The socket usually takes them at once; only what it does not
 * take goes through the bufferevent, which would first ask the kernel whether it can write.
 */
static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct redis_connection *c = arg;
	struct buf *out = &c->pipeline.out;
	ssize_t sent = 0;

	(void)fd;
	(void)what;
	if (c->bev == NULL || out->len == 0)
		return;
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		sent = send(bufferevent_getfd(c->bev), out->data, out->len, MSG_NOSIGNAL);
	/* The bufferevent will report a failure. */
	if (sent < 0)
		sent = 0;
	if ((size_t)sent < out->len)
		bufferevent_write(c->bev, out->data + sent, out->len - (size_t)sent);
	if (out->cap > OUT_KEPT_MAX)
		buf_fini(out);
	buf_reset(out);
}

static void
on_connect_failed(void *arg, const char *why)
{
	fail_with(arg, ERR_STORE_UNAVAILABLE, "connect", why);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct redis_connection *c = arg;

	if (what & BEV_EVENT_CONNECTED) {
		int on = 1;

		if (c->options.url.path == NULL)
			setsockopt(
			    bufferevent_getfd(bev), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		handshake_start(c);
	} else if (what & BEV_EVENT_EOF) {
		fail_with(c, ERR_STORE_UNAVAILABLE, "connection", "closed by Redis");
	} else if (what & BEV_EVENT_ERROR) {
		on_connect_failed(c, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	}
}

static void
connect_start(struct redis_connection *c)
{
	const struct redis_url *url = &c->options.url;

	c->connect_deadline = clock_mono_ms() + c->options.connect_timeout_ms;
	arm(c, CHECK_MS);
	if (url->path == NULL)
		resolver_reload(c->dns,
		    c->options.resolv_conf != NULL ? c->options.resolv_conf : RESOLVER_CONF,
		    c->options.connect_timeout_ms);
	if (c->sentinels == NULL) {
		connect_to(c, url->host, url->port);
	} else {
		c->asking = true;
		sentinels_ask(c->sentinels);
	}
}

/* Opens the socket: to a host, or to the URL's unix socket. */
static void
connect_to(struct redis_connection *c, const char *host, int port)
{
	const struct redis_url *url = &c->options.url;

	reply_reader_reset(&c->reader);
	c->bev = bufferevent_socket_new(c->base, -1, BEV_OPT_CLOSE_ON_FREE);
	assert(c->bev != NULL);
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	if (url->path != NULL) {
		struct sockaddr_un un = { .sun_family = AF_UNIX };

		snprintf(un.sun_path, sizeof(un.sun_path), "%s", url->path);
		/* Some failures have been reported by the callback by now. */
		if (bufferevent_socket_connect(c->bev, (struct sockaddr *)&un, sizeof(un)) < 0 &&
		    c->bev != NULL)
			on_connect_failed(c, strerror(errno));
	} else {
		resolver_connect(c->dns, &c->turn, c->bev, host, port, on_connect_failed, c);
	}
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct redis_connection *c = arg;

	(void)fd;
	(void)what;
	if (c->bev == NULL && !c->asking) {
		connect_start(c);
	} else if (!c->ready && clock_mono_ms() >= c->connect_deadline) {
		fail_with(c, ERR_STORE_UNAVAILABLE, "connect", "timed out");
	} else if (pipeline_is_late(&c->pipeline)) {
		/* A late reply would be taken for that of another command: close the socket. */
		fail_with(c, ERR_OUTCOME_UNKNOWN, "command", "no reply in time");
	} else {
		arm(c, CHECK_MS);
	}
}

/* The sentinels' answer: where the master is, or NULL. */
static void
on_master(void *arg, const char *host, int port)
{
	struct redis_connection *c = arg;

	c->asking = false;
	if (host != NULL)
		connect_to(c, host, port);
	else
		fail_with(c, ERR_STORE_UNAVAILABLE, "sentinel", sentinels_error(c->sentinels));
}

/* A sentinel says that the master has changed. That is only a hint: ask again. */
static void
on_switched(void *arg)
{
	struct redis_connection *c = arg;

	if (c->bev == NULL)
		return;
	c->attempts = 0;
	fail_with(c, ERR_STORE_UNAVAILABLE, "sentinel", "the master has changed");
}

struct redis_connection *
redis_connection_new(struct event_base *base, const struct redis_options *options,
    redis_ready_fn ready, void *ready_arg)
{
	struct redis_connection *c = xcalloc(1, sizeof(*c));
	size_t i;

	c->base = base;
	c->options = *options;
	c->ready_fn = ready;
	c->ready_arg = ready_arg;
	c->handshake = (struct handshake){ .url = &c->options.url, .client_name = options->name };
	for (i = 0; i < HANDSHAKE_STEPS; i++)
		c->steps[i] = (struct handshake_step){ .connection = c, .step = i };
	c->timer = evtimer_new(base, on_timer, c);
	c->flush = event_new(base, -1, 0, on_flush, c);
	assert(c->timer != NULL && c->flush != NULL);
	c->dns = resolver_new(base);
	if (options->url.master != NULL)
		c->sentinels =
		    sentinels_new(base, c->dns, &c->options.url, on_master, on_switched, c);
	snprintf(c->last_error, sizeof(c->last_error), "connect: not yet connected");
	arm(c, 0);
	return c;
}

void
redis_connection_free(struct redis_connection *c)
{
	if (c == NULL)
		return;
	snprintf(c->last_error, sizeof(c->last_error), "connection: closed by us");
	c->attempts = 1; /* no warning is logged for what we do ourselves */
	set_ready(c, false);
	connection_fail(c, ERR_OUTCOME_UNKNOWN);
	sentinels_free(c->sentinels);
	event_free(c->timer);
	event_free(c->flush);
	reply_reader_reset(&c->reader);
	evdns_base_free(c->dns, 0);
	free(c);
}

struct buf *
redis_connection_begin(struct redis_connection *c, bool urgent, redis_reply_fn fn, void *arg)
{
	size_t most = urgent ? PIPELINE_MAX : REDIS_IN_FLIGHT_MAX;

	if (c->ready && pipeline_in_flight(&c->pipeline) < most)
		return begin_command(c, fn, arg);
	metrics_add(METRIC_REDIS_ERRORS,
	    c->ready ? REDIS_ERROR_OVERLOADED : REDIS_ERROR_NOT_CONNECTED, 0, 1);
	fn(arg, c->ready ? ERR_OVERLOADED : ERR_STORE_UNAVAILABLE, NULL);
	return NULL;
}

void
redis_connection_command(struct redis_connection *c, size_t n, const char **words,
    const size_t *lens, redis_reply_fn fn, void *arg)
{
	struct buf *out = redis_connection_begin(c, false, fn, arg);

	if (out != NULL)
		command_add(out, n, words, lens);
}

bool
redis_connection_ready(const struct redis_connection *c)
{
	return c->ready;
}

const char *
redis_connection_last_error(const struct redis_connection *c)
{
	return c->last_error;
}

const char *
redis_connection_run_id(const struct redis_connection *c)
{
	return c->run_id;
}

size_t
redis_connection_in_flight(const struct redis_connection *c)
{
	return pipeline_in_flight(&c->pipeline);
}
