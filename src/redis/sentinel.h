/*
 * Asks sentinels where the master is, one after the other, and listens to the one that knew for a
 * change. See the Redis documentation, "Guidelines for Redis clients with support for Sentinel".
 */
#ifndef REDIS_SENTINEL_H
#define REDIS_SENTINEL_H

#include "redis/url.h"

#include <event2/dns.h>
#include <event2/event.h>

struct sentinels;

/* Where the master is; `host` NULL: no sentinel that answers knows it. Borrowed for the call. */
typedef void (*sentinel_master_fn)(void *arg, const char *host, int port);

/* The master is said to have changed. */
typedef void (*sentinel_switched_fn)(void *arg);

/* `dns` and `url`, which names sentinels, are borrowed. Idle until sentinels_ask. Never NULL. */
struct sentinels *sentinels_new(struct event_base *base, struct evdns_base *dns,
    const struct redis_url *url, sentinel_master_fn master, sentinel_switched_fn switched,
    void *arg);

/*
 * Asks each sentinel in turn, the one that knew last first, for at most 300 ms each. The answer is
 * the first that one of them gives; it comes exactly once, from the loop, unless sentinels_ask or
 * sentinels_stop_asking comes first.
 */
void sentinels_ask(struct sentinels *s);

/* Gives up asking; goes on listening where it did. */
void sentinels_stop_asking(struct sentinels *s);

/* Frees them; NULL is allowed. */
void sentinels_free(struct sentinels *s);

#endif
