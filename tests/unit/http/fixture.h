/*
 * A server on a port of its own, in a thread of its own, with routes that show what the front
 * makes of a request. The tests talk to it through real sockets.
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

	/* What the handlers of /pending and the others have seen; read them by the functions. */
	pthread_mutex_t lock;
	struct request *pending[FIXTURE_PENDING_MAX];
	size_t n_pending;
	size_t handled;
	size_t drained;
};

/*
 * Routes: GET /: "home". GET /show/:a and GET /show/:a/of/:b: {"a","b","q","peer"}, `q` being
 * the query parameter. POST /body: {"length","first"}. DELETE /item/:id: 204. GET /later: "{}",
 * from a timer. GET /pending: when fixture_answer is called. GET /big: FIXTURE_BIG bytes.
 * GET /problem: 503 with reasons.
 */
void fixture_start(struct fixture *f, const struct http_limits *limits);

/* The same without a thread: the test runs f->base itself. */
void fixture_start_inline(struct fixture *f, const struct http_limits *limits);

/* Stops the loop, frees all, and answers what is pending, so that a leak would be the server's. */
void fixture_stop(struct fixture *f);

/* A fixture that all tests of a program share, with the usual limits: cmocka's group functions. */
extern struct fixture fixture;
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Runs `call` in the server's thread, and waits for it. */
void fixture_run(struct fixture *f, void (*call)(struct fixture *f));

/* For fixture_run: answers all that is pending; frees the server. */
void fixture_answer(struct fixture *f);
void fixture_free_server(struct fixture *f);

/* Waits until `n` requests are pending, were handled or drains done. Fails after 10 s. */
void fixture_wait_pending(struct fixture *f, size_t n);
void fixture_wait_handled(struct fixture *f, size_t n);
void fixture_wait_drained(struct fixture *f);

size_t fixture_handled(struct fixture *f);

/* A client that is connected to the server. */
struct http_client fixture_client(struct fixture *f);

/* Sends `request` on a new connection; expects a response of `status`, and gives it. */
void fixture_exchange(
    struct fixture *f, const void *request, size_t len, int status, struct http_response *r);

/*
 * The same, and expects a problem with `code`, a `Connection: close`, an orderly end of the
 * connection, and that no handler was called.
 */
void fixture_refused(
    struct fixture *f, const void *request, size_t len, int status, const char *code);

#endif
