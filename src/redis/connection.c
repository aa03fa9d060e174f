/*
 * The connection: transport by bufferevent, but what a turn of the loop has to send, it first tries
 * to send itself. Responsible for timeouts, reconnects and the order of replies; the handshake is
 * handshake.c's, the protocol resp.c's.
 * Invariant: `head`..`tail` of the ring are the commands written to this very socket whose
 * replies are due, oldest first; without a socket the ring is empty.
 */
#include "redis/connection.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "redis/fate.h"
#include "redis/handshake.h"
#include "redis/resp.h"
#include "redis/sentinel.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
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
	RING = 2 * REDIS_IN_FLIGHT_MAX,
	OUT_KEPT_MAX = 64 * 1024, /* memory that is held on to for the next turn */
};

struct command {
	redis_reply_fn fn;
	void *arg;
	int64_t deadline; /* monotonic ms */
};

struct redis_connection {
	struct event_base *base;
	struct redis_options options;
	redis_ready_fn ready_fn;
	void *ready_arg;
	struct evdns_base *dns;      /* names are looked up without holding up the loop */
	struct sentinels *sentinels; /* NULL: the URL says where Redis is */
	struct bufferevent *bev;     /* NULL between attempts */
	struct resp_reader reader;
	struct buf out;      /* commands of this turn */
	struct event *flush; /* active while there are some */
	struct event *timer; /* the next attempt, or the next look at deadlines */
	struct command ring[RING];
	size_t head, tail; /* counts of commands answered and sent */
	int64_t connect_deadline;
	int attempts; /* failed since the last command that was answered */
	bool asking;  /* the sentinels, where the master is */
	bool ready;
	char trouble[256];
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

/* Full jitter: uniform between 0 and the bound, so that many front-ends do not come at once. */
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

/* Closes the socket, answers all that was in flight, the handshake with `e`, and sets the next attempt. */
static void
connection_fail(struct redis_connection *c, enum err e)
{
	bool was_ready = c->ready;

	if (c->bev != NULL)
		bufferevent_free(c->bev);
	c->bev = NULL;
	buf_fini(&c->out);
	c->ready = false;
	c->asking = false;
	if (c->sentinels != NULL)
		sentinels_stop_asking(c->sentinels);
	if (was_ready) {
		metrics_count(METRIC_REDIS_LOST);
		metrics_add(METRIC_REDIS_CONNECTIONS, 0, 0, -1);
	}
	while (c->head < c->tail) {
		struct command *cmd = &c->ring[c->head++ % RING];

		metrics_add(METRIC_REDIS_IN_FLIGHT, 0, 0, -1);
		if (was_ready)
			metrics_add(METRIC_REDIS_ERRORS,
			    e == ERR_OUTCOME_UNKNOWN ? REDIS_FATE_TIMED_OUT : REDIS_FATE_LOST, 0,
			    1);
		/* What had been sent may have been carried out, whatever became of its reply. */
		cmd->fn(cmd->arg, was_ready ? ERR_OUTCOME_UNKNOWN : e, NULL);
	}
	c->attempts++;
	if (was_ready || c->attempts == 1)
		log_warn("redis", "%s", c->trouble);
	arm(c, backoff_ms(c));
}

static void
fail_with(struct redis_connection *c, enum err e, const char *what, const char *why)
{
	snprintf(c->trouble, sizeof(c->trouble), "%s: %s", what, why);
	connection_fail(c, e);
}

void
redis_connection_fail(struct redis_connection *c, const char *what, const char *why)
{
	fail_with(c, ERR_STORE_UNAVAILABLE, what, why);
}

void
redis_connection_established(struct redis_connection *c, const char *run_id)
{
	snprintf(c->run_id, sizeof(c->run_id), "%s", run_id);
	c->ready = true;
	metrics_count(METRIC_REDIS_CONNECTED);
	metrics_count(METRIC_REDIS_CONNECTIONS);
	c->trouble[0] = '\0';
	if (c->ready_fn != NULL)
		c->ready_fn(c->ready_arg);
}

/* Gives one reply to the oldest command. May end in connection_fail. */
static void
deliver(struct redis_connection *c, const redisReply *r)
{
	struct command cmd;
	enum err e = ERR_OK;
	bool close = false;

	if (c->head == c->tail) {
		fail_with(c, ERR_STORE_UNAVAILABLE, "protocol", "a reply that nothing asked for");
		return;
	}
	cmd = c->ring[c->head++ % RING];
	metrics_add(METRIC_REDIS_IN_FLIGHT, 0, 0, -1);
	if (r->type == REDIS_REPLY_ERROR) {
		e = redis_fate(r->str, r->len, &close);
		metrics_add(METRIC_REDIS_ERRORS, redis_fate_number(r->str, r->len), 0, 1);
	} else if (c->ready) {
		c->attempts = 0;
	}
	cmd.fn(cmd.arg, e, r);
	if (close && c->ready)
		fail_with(c, ERR_STORE_UNAVAILABLE, "refused", r->str);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct redis_connection *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len;

	while ((len = evbuffer_get_contiguous_space(in)) > 0) {
		resp_feed(&c->reader, evbuffer_pullup(in, (ev_ssize_t)len), len);
		evbuffer_drain(in, len);
	}
	/* A reply may close the connection; the reader stays as it is until the next one opens. */
	while (c->bev == bev) {
		const redisReply *reply;

		if (!resp_next(&c->reader, &reply)) {
			fail_with(c, ERR_STORE_UNAVAILABLE, "protocol", "bytes that are no reply");
			return;
		}
		if (reply == NULL)
			return;
		deliver(c, reply);
	}
}

/*
 * Sends what this turn has left. The socket mostly takes it at once, which spares the bufferevent's
 * asking whether it would.
 */
static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct redis_connection *c = arg;
	ssize_t sent = 0;

	(void)fd;
	(void)what;
	if (c->bev == NULL || c->out.len == 0)
		return;
	if (evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
		sent = send(bufferevent_getfd(c->bev), c->out.data, c->out.len, MSG_NOSIGNAL);
	/* If it has failed, the bufferevent will find out. */
	if (sent < 0)
		sent = 0;
	if ((size_t)sent < c->out.len)
		bufferevent_write(c->bev, c->out.data + sent, c->out.len - (size_t)sent);
	if (c->out.cap > OUT_KEPT_MAX)
		buf_fini(&c->out);
	buf_reset(&c->out);
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
		redis_handshake_start(c, &c->options);
	} else if (what & BEV_EVENT_EOF) {
		fail_with(c, ERR_STORE_UNAVAILABLE, "connection", "closed by Redis");
	} else if (what & BEV_EVENT_ERROR) {
		int dns = bufferevent_socket_get_dns_error(bev);
		const char *why = dns != 0 ? evutil_gai_strerror(dns)
		                           : evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR());

		fail_with(c, ERR_STORE_UNAVAILABLE, "connect", why);
	}
}

static void
connect_start(struct redis_connection *c)
{
	const struct redis_url *url = &c->options.url;

	c->connect_deadline = clock_mono_ms() + c->options.connect_timeout_ms;
	arm(c, CHECK_MS);
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
	int rc;

	resp_reset(&c->reader);
	c->bev = bufferevent_socket_new(c->base, -1, BEV_OPT_CLOSE_ON_FREE);
	assert(c->bev != NULL);
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	if (url->path != NULL) {
		struct sockaddr_un un = { .sun_family = AF_UNIX };

		snprintf(un.sun_path, sizeof(un.sun_path), "%s", url->path);
		rc = bufferevent_socket_connect(c->bev, (struct sockaddr *)&un, sizeof(un));
	} else {
		rc = bufferevent_socket_connect_hostname(c->bev, c->dns, AF_UNSPEC, host, port);
	}
	/* Some failures are reported by the callback as well, which then came first. */
	if (rc < 0 && c->bev != NULL)
		fail_with(c, ERR_STORE_UNAVAILABLE, "connect", strerror(errno));
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct redis_connection *c = arg;
	int64_t now = clock_mono_ms();

	(void)fd;
	(void)what;
	if (c->bev == NULL && !c->asking) {
		connect_start(c);
	} else if (!c->ready && now >= c->connect_deadline) {
		fail_with(c, ERR_STORE_UNAVAILABLE, "connect", "timed out");
	} else if (c->head < c->tail && now >= c->ring[c->head % RING].deadline) {
		/* Later replies could not be told from this one's any more: the socket must go. */
		fail_with(c, ERR_OUTCOME_UNKNOWN, "command", "no reply in time");
	} else {
		arm(c, CHECK_MS);
	}
}

/* The sentinels have said where the master is, or that they cannot. */
static void
on_master(void *arg, const char *host, int port)
{
	struct redis_connection *c = arg;

	c->asking = false;
	if (host != NULL)
		connect_to(c, host, port);
	else
		fail_with(
		    c, ERR_STORE_UNAVAILABLE, "sentinel", "none that answers knows the master");
}

/* A sentinel says that the master has changed: only a hint, so look anew. */
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

	c->base = base;
	c->options = *options;
	c->ready_fn = ready;
	c->ready_arg = ready_arg;
	c->timer = evtimer_new(base, on_timer, c);
	c->flush = event_new(base, -1, 0, on_flush, c);
	assert(c->timer != NULL && c->flush != NULL);
	c->dns = evdns_base_new(base, 0);
	assert(c->dns != NULL);
	/* It goes on without that file: numbers and /etc/hosts still work. */
	(void)evdns_base_resolv_conf_parse(c->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
	if (options->url.master != NULL)
		c->sentinels =
		    sentinels_new(base, c->dns, &c->options.url, on_master, on_switched, c);
	snprintf(c->trouble, sizeof(c->trouble), "connect: not yet connected");
	arm(c, 0);
	return c;
}

void
redis_connection_free(struct redis_connection *c)
{
	if (c == NULL)
		return;
	snprintf(c->trouble, sizeof(c->trouble), "connection: closed by us");
	c->attempts = 1; /* our own doing: not worth a warning */
	if (c->ready)
		metrics_add(METRIC_REDIS_CONNECTIONS, 0, 0, -1);
	c->ready = false;
	connection_fail(c, ERR_OUTCOME_UNKNOWN);
	sentinels_free(c->sentinels);
	event_free(c->timer);
	event_free(c->flush);
	resp_reset(&c->reader);
	evdns_base_free(c->dns, 0);
	free(c);
}

/* Expects a reply to the command that is about to be written to what is returned. */
static struct buf *
expect(struct redis_connection *c, redis_reply_fn fn, void *arg)
{
	assert(c->bev != NULL);
	if (c->out.len == 0)
		event_active(c->flush, EV_WRITE, 0);
	metrics_count(METRIC_REDIS_IN_FLIGHT);
	c->ring[c->tail++ % RING] = (struct command){
		.fn = fn,
		.arg = arg,
		.deadline = clock_mono_ms() + c->options.command_timeout_ms,
	};
	return &c->out;
}

struct buf *
redis_connection_begin(struct redis_connection *c, bool urgent, redis_reply_fn fn, void *arg)
{
	if (c->ready && c->tail - c->head < (urgent ? RING : REDIS_IN_FLIGHT_MAX))
		return expect(c, fn, arg);
	metrics_add(
	    METRIC_REDIS_ERRORS, c->ready ? REDIS_FATE_OVERLOADED : REDIS_FATE_NOT_CONNECTED, 0, 1);
	fn(arg, c->ready ? ERR_OVERLOADED : ERR_STORE_UNAVAILABLE, NULL);
	return NULL;
}

void
redis_connection_command(struct redis_connection *c, int argc, const char **argv,
    const size_t *lens, redis_reply_fn fn, void *arg)
{
	struct buf *out = redis_connection_begin(c, false, fn, arg);

	if (out != NULL)
		resp_add_command(out, argc, argv, lens);
}

void
redis_connection_send(struct redis_connection *c, int argc, const char **argv, const size_t *lens,
    redis_reply_fn fn, void *arg)
{
	resp_add_command(expect(c, fn, arg), argc, argv, lens);
}

bool
redis_connection_ready(const struct redis_connection *c)
{
	return c->ready;
}

const char *
redis_connection_trouble(const struct redis_connection *c)
{
	return c->trouble;
}

const char *
redis_connection_run_id(const struct redis_connection *c)
{
	return c->run_id;
}

size_t
redis_connection_in_flight(const struct redis_connection *c)
{
	return c->tail - c->head;
}
