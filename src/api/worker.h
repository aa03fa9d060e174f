/*
 * One event loop that serves the API, with a connection to Redis of its own. All workers accept from
 * the same listening socket.
 */
#ifndef API_WORKER_H
#define API_WORKER_H

#include "api/app.h"
#include "http/server.h"

#include <event2/event.h>

struct worker;

struct worker_options {
	const struct config *config;
	const struct redis_options *redis;
	atomic_int *redis_ready; /* counts the workers whose connection to Redis is ready */
	const char *prefix;
	const char *candidate;
	const struct proxies *proxies; /* that are trusted; NULL for none */
	int listen_fd;
	redis_ready_fn ready; /* NULL for none; called from the worker's loop */
	void *ready_arg;
};

/*
 * Makes a worker, which serves as soon as its loop runs. What `o` points to is borrowed. Never
 * NULL; end it with worker_close and worker_free.
 */
struct worker *worker_new(const struct worker_options *o);

/* Its event loop and its connection to Redis. Borrowed until worker_free and worker_close. */
struct event_base *worker_base(const struct worker *w);
struct redis_connection *worker_redis(const struct worker *w);

/* Runs the loop on the calling thread until worker_stop. */
void worker_run(struct worker *w);

/* Runs the loop on a thread of its own until worker_stop. */
void worker_start(struct worker *w);

/*
 * Drains the HTTP server, from any thread. `done(arg)` is called once, on the worker's loop,
 * when its last connection has gone.
 */
void worker_drain(struct worker *w, void (*done)(void *arg), void *arg);

/* Ends the loop, from any thread. */
void worker_stop(struct worker *w);

/*
 * Waits for its thread, if it has one, and closes its connections. worker_stop must have been
 * called.
 */
void worker_close(struct worker *w);

/* Frees the worker, which must have been closed. */
void worker_free(struct worker *w);

#endif
