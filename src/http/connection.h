/*
 * One accepted connection: its events, its deadlines and its lifetime. Not responsible for
 * requests and replies (exchange.c).
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include "http/connection_list.h"
#include "http/exchange.h"
#include "http/options.h"

enum { CONNECTION_READ_MAX = 64 * 1024 };

/* What the connections of one server share. It belongs to the thread that runs `base`. */
struct connection_context {
	struct event_base *base;
	struct http_options options;
	struct exchange_context exchange;
	struct connection_list list;
	char input[CONNECTION_READ_MAX]; /* what one connection has just read */
};

/* Starts with no connections. `router` and `app` are borrowed; `options` is copied. */
void connection_context_init(struct connection_context *context, struct event_base *base,
    const struct router *router, void *app, const struct http_options *options);

/* Cuts all connections. */
void connection_context_fini(struct connection_context *context);

/* Serves no further requests: idle connections close soon, the others after their next reply. */
void connection_context_drain(struct connection_context *context);

/*
 * Serves `fd`, which must be non-blocking and belongs to the connection from now on. `peer`, the
 * client's address, is copied. With `refused` the connection is over the limit: it is told so and
 * closed.
 */
void connection_new(struct connection_context *context, int fd, const char *peer, bool refused);

/*
 * Closes all connections at once. A request that its handler still has stays valid until the
 * reply, which is then dropped.
 */
void connection_cut_all(struct connection_context *context);

#endif
