/*
 * The HTTP/1.1 front: listening sockets and the connections accepted from them, on one event
 * loop. It knows routes, not what they do, and no Redis.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/error.h"
#include "http/request.h"

#include <event2/event.h>

struct http_server;

/* Limits of one server. All are at least 1. */
struct http_limits {
	size_t connections_max; /* open at a time; one more is answered 429 and closed */
	int header_deadline_ms; /* from the first byte of a request to the end of its header */
	int body_deadline_ms;   /* from the end of the header to the end of the body */
	int idle_ms;            /* between requests, and for a client that does not read */
};

extern const struct http_limits http_limits_default; /* 10,000; 10 s; 60 s; 60 s */

/*
 * Binds and listens on `host`:`port` (0: any free port). Returns the descriptor, non-blocking
 * and close-on-exec, which the caller closes; or -1, with a sentence in `why`.
 */
int http_listen(const char *host, int port, char *why, size_t why_size) MUST_CHECK;

/* The port that `fd` listens on. */
int http_listen_port(int fd);

/*
 * Serves the connections of `fd` on `base`. Several servers, each with its own loop and thread,
 * may share one descriptor. `routes` and `app` are borrowed for the server's life. Never NULL.
 */
struct http_server *http_server_new(struct event_base *base, int fd, const struct route *routes,
    size_t n_routes, void *app, const struct http_limits *limits);

/*
 * Drains: accepts no more, closes idle connections, lets each request in flight be answered with
 * `Connection: close`. `done(arg)` is called once, from the loop, when no connection is left, or
 * after `timeout_ms`, when the rest are cut.
 */
void http_server_drain(struct http_server *s, int timeout_ms, void (*done)(void *arg), void *arg);

/*
 * Frees the server and cuts its connections. A request that is still unanswered stays valid
 * until its reply, which is then dropped.
 */
void http_server_free(struct http_server *s);

#endif
