/*
 * The listening socket and what all of a server's connections share. Not responsible for what
 * goes on in one. Invariant: n_open never exceeds the limit, and while accepting has to pause
 * no event is left that would spin the loop.
 */
#include "http/server.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "http/connection.h"
#include "http/router.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, ACCEPT_BATCH = 64, ACCEPT_PAUSE_MS = 100 };

const struct http_limits http_limits_default = {
	.connections_max = 10000,
	.header_deadline_ms = 10 * 1000,
	.body_deadline_ms = 60 * 1000,
	.idle_ms = 60 * 1000,
};

static struct timeval
timeval_of(int ms)
{
	return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

/* Opens one address. Returns -1 with errno set. */
static int
listen_on(const struct addrinfo *a)
{
	int on = 1, error;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
http_listen(const char *host, int port, char *why, size_t why_size)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	struct addrinfo *list = NULL, *a;
	bool brackets = strchr(host, ':') != NULL;
	const char *reason;
	char service[16];
	int fd = -1, error;

	snprintf(service, sizeof(service), "%d", port);
	error = getaddrinfo(host[0] != '\0' ? host : NULL, service, &hints, &list);
	reason = error != 0 ? gai_strerror(error) : "";
	for (a = error == 0 ? list : NULL; a != NULL && fd < 0; a = a->ai_next) {
		fd = listen_on(a);
		if (fd < 0)
			reason = strerror(errno);
	}
	if (list != NULL)
		freeaddrinfo(list);
	if (fd < 0)
		snprintf(why, why_size, "cannot listen on %s%s%s:%d: %s", brackets ? "[" : "", host,
		    brackets ? "]" : "", port, reason);
	return fd;
}

int
http_listen_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;
	socklen_t len = sizeof(a);

	memset(&a, 0, sizeof(a));
	if (getsockname(fd, &a.any, &len) != 0)
		return 0;
	return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

/* The address as text; that of IPv4 also where it came in through an IPv6 socket. */
static void
peer_text(const struct sockaddr_storage *from, char out[INET6_ADDRSTRLEN])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
	const void *address = &v4->sin_addr;
	int family = AF_INET;

	if (from->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		address = &v6->sin6_addr.s6_addr[12];
	} else if (from->ss_family == AF_INET6) {
		address = &v6->sin6_addr;
		family = AF_INET6;
	}
	if ((from->ss_family != AF_INET && from->ss_family != AF_INET6) ||
	    inet_ntop(family, address, out, INET6_ADDRSTRLEN) == NULL)
		snprintf(out, INET6_ADDRSTRLEN, "127.0.0.1");
}

static void
accept_failed(struct http_server *s, int error)
{
	struct timeval pause = timeval_of(ACCEPT_PAUSE_MS);

	/* Nobody listens any more: the process ends. */
	if (error == EINVAL) {
		event_del(&s->accept_event);
		return;
	}
	/* Another thread took it, or the client has left again: that is daily life. */
	if (error == EAGAIN || error == EWOULDBLOCK || error == ECONNABORTED || error == EINTR ||
	    error == EPROTO || error == EPERM)
		return;
	if (!s->accept_failing)
		log_warn("http", "cannot accept connections: %s; trying again", strerror(error));
	s->accept_failing = true;
	event_del(&s->accept_event);
	evtimer_add(&s->resume_event, &pause);
}

static void
accept_ready(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;
	int i;

	(void)what;
	for (i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(from);
		char peer[INET6_ADDRSTRLEN];
		bool full = s->n_open >= s->limits.connections_max;
		int client =
		    accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client < 0) {
			accept_failed(s, errno);
			return;
		}
		s->accept_failing = false;
		if (full && s->n_refused >= SERVER_REFUSED_MAX) {
			close(client);
			metrics_count(METRIC_HTTP_REFUSED);
			continue;
		}
		peer_text(&from, peer);
		connection_new(s, client, peer, full);
	}
}

static void
accept_resume(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;

	(void)fd;
	(void)what;
	event_add(&s->accept_event, NULL);
}

static void
ready_turns(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;
	struct connection *c;

	(void)fd;
	(void)what;
	while ((c = connection_next_woken(s)) != NULL)
		connection_turn(c, "", 0);
	log_flush();
}

static void
drain_end(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;

	(void)fd;
	(void)what;
	connection_cut_all(s);
	/* Cutting the last one has made the event active again. */
	event_del(&s->drain_event);
	/* It may free the server: nothing follows. */
	s->drain_done(s->drain_arg);
}

struct http_server *
http_server_new(struct event_base *base, int fd, const struct route *routes, size_t n_routes,
    void *app, const struct http_limits *limits)
{
	struct http_server *s = xcalloc(1, sizeof(*s));

	s->base = base;
	s->router = router_new(routes, n_routes);
	s->app = app;
	s->limits = *limits;
	TAILQ_INIT(&s->connections);
	TAILQ_INIT(&s->ready);
	event_assign(&s->accept_event, base, fd, EV_READ | EV_PERSIST, accept_ready, s);
	evtimer_assign(&s->resume_event, base, accept_resume, s);
	event_assign(&s->ready_event, base, -1, 0, ready_turns, s);
	evtimer_assign(&s->drain_event, base, drain_end, s);
	event_add(&s->accept_event, NULL);
	return s;
}

void
server_connection_gone(struct http_server *s)
{
	if (s->draining && TAILQ_EMPTY(&s->connections))
		event_active(&s->drain_event, EV_TIMEOUT, 0);
}

void
http_server_drain(struct http_server *s, int timeout_ms, void (*done)(void *arg), void *arg)
{
	struct timeval timeout = timeval_of(timeout_ms);

	s->draining = true;
	s->drain_done = done;
	s->drain_arg = arg;
	event_del(&s->accept_event);
	event_del(&s->resume_event);
	evtimer_add(&s->drain_event, &timeout);
	/* An idle connection closes in its turn. */
	connection_wake_all(s);
	server_connection_gone(s);
}

void
http_server_free(struct http_server *s)
{
	s->draining = false;
	connection_cut_all(s);
	event_del(&s->accept_event);
	event_del(&s->resume_event);
	event_del(&s->ready_event);
	event_del(&s->drain_event);
	router_free(s->router);
	free(s);
}
