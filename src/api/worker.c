/* Workers. Invariant: after worker_new only its own event loop touches a worker. */
#include "api/worker.h"

#include "api/feed.h"
#include "api/routes.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum { DRAIN_MS = 10000 };

struct worker {
	struct event_base *base;
	struct http_server *http;
	struct app app;
	struct event *drain;
	void (*drained)(void *arg);
	void *drained_arg;
	pthread_t thread;
	bool has_thread;
};

static void
on_drained(void *arg)
{
	struct worker *w = arg;

	w->drained(w->drained_arg);
}

static void
on_drain(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	wait_end_all(&w->app.waits);
	http_server_drain(w->http, DRAIN_MS, on_drained, w);
}

struct worker *
worker_new(const struct worker_options *o)
{
	struct http_options options = http_options_default;
	struct redis_options redis = *o->redis;
	struct worker *w = xcalloc(1, sizeof(*w));

	redis.ready = o->redis_ready;
	options.connections_max = (size_t)o->config->max_connections;
	options.proxies = o->proxies;
	options.path_prefix = o->config->path_prefix;
	options.idle_ms = (int)o->config->idle_timeout;
	w->base = event_base_new();
	assert(w->base != NULL);
	w->app.config = o->config;
	w->app.prefix = o->prefix;
	w->app.candidate = o->candidate;
	w->app.redis = redis_connection_new(w->base, &redis, o->ready, o->ready_arg);
	w->app.redis_ready = o->redis_ready;
	w->app.coalescer = coalescer_new(w->base, w->app.redis, o->prefix);
	w->app.base = w->base;
	w->app.feed = feed_new(w->base, o->redis, w->app.redis, o->prefix);
	waits_init(&w->app.waits, w->base, w->app.feed);
	w->app.routes = api_routes;
	w->app.n_routes = api_routes_count;
	if (o->config->wait_replicas > 0)
		w->app.barrier = barrier_new(w->base, o->redis, o->prefix,
		    (int)o->config->wait_replicas, (int)o->config->wait_timeout);
	w->http =
	    http_server_new(w->base, o->listen_fd, api_routes, api_routes_count, &w->app, &options);
	w->drain = event_new(w->base, -1, EV_PERSIST, on_drain, w);
	assert(w->drain != NULL);
	return w;
}

struct event_base *
worker_base(const struct worker *w)
{
	return w->base;
}

struct redis_connection *
worker_redis(const struct worker *w)
{
	return w->app.redis;
}

void
worker_run(struct worker *w)
{
	event_base_loop(w->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

static void *
worker_start_thread(void *arg)
{
	worker_run(arg);
	return NULL;
}

void
worker_start(struct worker *w)
{
	int rc = pthread_create(&w->thread, NULL, worker_start_thread, w);

	assert(rc == 0);
	w->has_thread = rc == 0;
}

void
worker_drain(struct worker *w, void (*done)(void *arg), void *arg)
{
	w->drained = done;
	w->drained_arg = arg;
	event_active(w->drain, EV_TIMEOUT, 0);
}

void
worker_stop(struct worker *w)
{
	event_base_loopbreak(w->base);
}

void
worker_close(struct worker *w)
{
	if (w->has_thread)
		pthread_join(w->thread, NULL);
	wait_end_all(&w->app.waits);
	http_server_free(w->http);
	redis_connection_free(w->app.redis);
	coalescer_free(w->app.coalescer);
	barrier_free(w->app.barrier);
	feed_free(w->app.feed);
}

void
worker_free(struct worker *w)
{
	event_free(w->drain);
	event_base_free(w->base);
	free(w);
}
