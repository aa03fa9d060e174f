/*
 * Accepts connections and drains them. Not responsible for what happens on a connection.
 * Invariants: n_open never exceeds the limit; while accepting is paused, no event is set that
 * would fire again and again.
 */
#include "http/server.h"

#include "base/descriptors.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "http/connection.h"
#include "http/router.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPT_BATCH = 64, ACCEPT_PAUSE_MS = 100 };

const struct http_options http_options_default = {
	.connections_max = 10000,
	.header_deadline_ms = 10 * 1000,
	.body_deadline_ms = 60 * 1000,
	.idle_ms = 75 * 1000,
	.path_prefix = "",
};

struct http_server {
	struct router *router;
	struct event accept_event;
	struct event resume_event; /* accepts again after a pause */
	bool accept_failing;       /* accepting fails, and that has been logged */
	struct event drain_event;  /* its timeout is the drain's; made active when all have gone */
	void (*drain_done)(void *arg);
	void *drain_arg;
	struct connection_context context;
};

static struct timeval
timeval_of(int ms)
{
	return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

/* The address as text. An IPv4 address is shown as such, even if the socket is an IPv6 socket. */
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

	/* The socket was shut down, because the process ends. */
	if (error == EINVAL) {
		event_del(&s->accept_event);
		return;
	}
	/* Expected: another thread took the connection, or the client has gone again. */
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
	struct connection_list *list = &s->context.list;
	size_t most = s->context.options.connections_max,
	       refused_max = descriptors_refused_max(most);
	int i;

	(void)what;
	for (i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(from);
		char peer[INET6_ADDRSTRLEN];
		bool full = list->n_open >= most;
		int client =
		    accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (client < 0) {
			accept_failed(s, errno);
			return;
		}
		s->accept_failing = false;
		if (full && list->n_refused >= refused_max) {
			close(client);
			metrics_count(METRIC_HTTP_REFUSED);
			continue;
		}
		peer_text(&from, peer);
		connection_new(&s->context, client, peer, full);
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
drain_end(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;

	(void)fd;
	(void)what;
	connection_cut_all(&s->context);
	/* Cutting the last one has made the event active again. */
	event_del(&s->drain_event);
	/* It may free the server: nothing follows. */
	s->drain_done(s->drain_arg);
}

struct http_server *
http_server_new(struct event_base *base, int fd, const struct route *routes, size_t n_routes,
    void *app, const struct http_options *options)
{
	struct http_server *s = xcalloc(1, sizeof(*s));

	s->router = router_new(routes, n_routes);
	connection_context_init(&s->context, base, s->router, app, options);
	event_assign(&s->accept_event, base, fd, EV_READ | EV_PERSIST, accept_ready, s);
	evtimer_assign(&s->resume_event, base, accept_resume, s);
	evtimer_assign(&s->drain_event, base, drain_end, s);
	event_add(&s->accept_event, NULL);
	return s;
}

/* All connections have gone. */
static void
on_empty(void *arg)
{
	struct http_server *s = arg;

	event_active(&s->drain_event, EV_TIMEOUT, 0);
}

void
http_server_drain(struct http_server *s, int timeout_ms, void (*done)(void *arg), void *arg)
{
	struct timeval timeout = timeval_of(timeout_ms);

	s->drain_done = done;
	s->drain_arg = arg;
	event_del(&s->accept_event);
	event_del(&s->resume_event);
	evtimer_add(&s->drain_event, &timeout);
	connection_context_drain(&s->context);
	connection_list_on_empty(&s->context.list, on_empty, s);
}

void
http_server_free(struct http_server *s)
{
	connection_context_fini(&s->context);
	event_del(&s->accept_event);
	event_del(&s->resume_event);
	event_del(&s->drain_event);
	router_free(s->router);
	free(s);
}
