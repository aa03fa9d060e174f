/*
 * The HTTP/1.1 server: accepts connections from a listening socket and serves them on one event
 * loop. It knows routes, not what they do, and no Redis.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http/options.h"
#include "http/request.h"

#include <event2/event.h>

struct http_server;

/* 10,000 connections; 10 s for the header, 60 s for the body, 75 s idle; no proxies, no prefix. */
extern const struct http_options http_options_default;

/*
 * Serves the connections of `fd` on `base`. Several servers, each with its own loop and thread,
 * may share one descriptor. `routes` and `app`, which request_app returns, are borrowed for the
 * server's life; `options` is copied. Never NULL.
 */
struct http_server *http_server_new(struct event_base *base, int fd, const struct route *routes,
    size_t n_routes, void *app, const struct http_options *options);

/*
 * Drains: accepts no more connections, closes idle ones, and lets each request in flight be
 * answered with `Connection: close`. `done(arg)` is called once, from the loop, when no connection
 * is left, or after `timeout_ms`, when the others are cut.
 */
void http_server_drain(struct http_server *s, int timeout_ms, void (*done)(void *arg), void *arg);

/*
 * Frees the server and cuts its connections. A request that is still unanswered stays valid
 * until its reply, which is then dropped.
 */
void http_server_free(struct http_server *s);

#endif
