/*
 * The server as its connections see it. All of it belongs to the one thread that runs `base`.
 */
#ifndef HTTP_SERVER_INTERNAL_H
#define HTTP_SERVER_INTERNAL_H

#include "http/server.h"

#include <event2/event_struct.h>
#include <sys/queue.h>

enum {
	SERVER_READ_MAX = 64 * 1024,
	SERVER_REFUSED_MAX = 64, /* connections over the limit that are told so in peace */
};

TAILQ_HEAD(connection_list, connection);

struct http_server {
	struct event_base *base;
	struct router *router;
	void *app;
	struct http_limits limits;

	struct event accept_event;
	struct event resume_event; /* accepts again after a pause */
	bool accept_failing;       /* and it has been logged */

	struct connection_list connections;
	size_t n_open;
	size_t n_refused;

	/* Connections that were answered outside their turn, and the event that gives them one. */
	struct connection_list ready;
	struct event ready_event;

	bool draining;
	struct event drain_event; /* its timeout is the drain's; made active when all are gone */
	void (*drain_done)(void *arg);
	void *drain_arg;

	char input[SERVER_READ_MAX]; /* what one connection has just read */
};

/* Called by a connection as the last thing that it does with the server. */
void server_connection_gone(struct http_server *s);

#endif
