/*
 * What the handlers of one event loop share. Each worker has its own; threads only share what
 * never changes.
 */
#ifndef API_APP_H
#define API_APP_H

#include "api/feed.h"
#include "api/wait.h"
#include "base/config.h"
#include "http/request.h"
#include "redis/barrier.h"
#include "redis/coalesce.h"
#include "redis/connection.h"

struct app {
	const struct config *config;
	struct redis_connection *redis;
	const atomic_int
	    *redis_ready; /* how many workers of the process have such a connection ready */
	struct coalescer *coalescer; /* joins calls that go over `redis` */
	struct feed *feed;
	struct waits waits;
	struct event_base *base;
	struct barrier *barrier;    /* NULL: replies do not wait for replicas */
	const char *prefix;         /* of all keys; KEYS[1] of every script */
	const char *candidate;      /* the id with which this process campaigns, or "" */
	const struct route *routes; /* of the API; metrics are labelled with them */
	size_t n_routes;
};

#endif
