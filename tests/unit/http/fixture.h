/*
 * A server with a port and a thread of its own. Its routes show what the server understood of a
 * request. The tests talk to it through real sockets.
 */
#ifndef UNIT_HTTP_FIXTURE_H
#define UNIT_HTTP_FIXTURE_H

#include "http/server.h"
#include "support/http_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

enum { FIXTURE_PENDING_MAX = 8, FIXTURE_BIG = 16 * 1024 * 1024 };

struct fixture {
	struct event_base *base;
	struct http_server *server;
	int fd;
	int port;
	pthread_t thread;
	bool threaded;

	/* What the handlers of /pending and others have seen; read it with the functions below. */
	pthread_mutex_t lock;
	struct request *pending[FIXTURE_PENDING_MAX];
	size_t n_pending;
	size_t handled;
	size_t drained;
};

/*
 * Starts a server with these routes. GET /: "home". GET /show/:a and GET /show/:a/of/:b:
 * {"a","b","q","peer"}, where `q` is the query parameter. POST /body: {"length","first"}.
 * DELETE /item/:id: 204. GET /later: "{}", from a timer. GET /pending: answered by fixture_answer.
 * GET /big: FIXTURE_BIG bytes. GET /problem: 503 with reasons. GET /stream: a stream of two pieces,
 * which ends unless there is ?open=1. `options` may be NULL.
 */
void fixture_start(struct fixture *f, const struct http_options *options);

/* Like fixture_start, without a thread: the test runs f->base itself. */
void fixture_start_inline(struct fixture *f, const struct http_options *options);

/* Stops the loop, frees the server and answers what is pending, so that any leak is the server's. */
void fixture_stop(struct fixture *f);

/* One fixture for all tests of a program, with the default limits; functions for cmocka. */
extern struct fixture fixture;
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Runs `call` in the server's thread and waits for it. */
void fixture_run(struct fixture *f, void (*call)(struct fixture *f));

/* For fixture_run: answers all pending requests; frees the server. */
void fixture_answer(struct fixture *f);
void fixture_free_server(struct fixture *f);

/* Waits until `n` requests are pending, `n` were handled, or a drain is done. Fails after 10 s. */
void fixture_wait_pending(struct fixture *f, size_t n);
void fixture_wait_handled(struct fixture *f, size_t n);
void fixture_wait_drained(struct fixture *f);

/* The number of requests that handlers were called for. */
size_t fixture_handled(struct fixture *f);

/* A client that is connected to the server. */
struct http_client fixture_client(struct fixture *f);

/* Sends `request` on a new connection and expects a response of `status`, which goes to `r`. */
void fixture_exchange(
    struct fixture *f, const void *request, size_t len, int status, struct http_response *r);

/*
 * Sends `request` on a new connection. Expects a problem with `status` and `code`, a
 * `Connection: close`, an orderly end of the connection, and that no handler was called.
 */
void fixture_refused(
    struct fixture *f, const void *request, size_t len, int status, const char *code);

#endif
