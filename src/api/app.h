/*
 * What the handlers of one event loop share. Each worker thread has one; nothing in it is
 * shared between threads but what never changes.
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
	struct coalescer *coalescer; /* of calls over it */
	struct feed *feed;
	struct waits waits;
	struct event_base *base;
	struct barrier *barrier;    /* NULL: a change is answered as soon as it is made */
	const char *prefix;         /* of all keys: KEYS[1] of every script */
	const char *candidate;      /* the id that this process campaigns under, or "" */
	const struct route *routes; /* of the API, for the names of what is counted */
	size_t n_routes;
};

#endif
