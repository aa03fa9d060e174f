/*
 * Asks sentinels, one after the other, where the master is, and subscribes to changes at the one
 * that knew. See the Redis documentation, "Guidelines for Redis clients with support for Sentinel".
 */
#ifndef REDIS_SENTINEL_H
#define REDIS_SENTINEL_H

#include "redis/url.h"

#include <event2/dns.h>
#include <event2/event.h>

struct sentinels;

/*
 * Where the master is. `host` is NULL if no sentinel that answers knows; sentinels_error then says why.
 * Borrowed for the call.
 */
typedef void (*sentinel_master_fn)(void *arg, const char *host, int port);

/* A sentinel says that the master has changed. */
typedef void (*sentinel_switched_fn)(void *arg);

/*
 * `dns` and `url`, which names the sentinels, are borrowed. Does nothing before sentinels_ask.
 * Never NULL; free it with sentinels_free.
 */
struct sentinels *sentinels_new(struct event_base *base, struct evdns_base *dns,
    const struct redis_url *url, sentinel_master_fn master, sentinel_switched_fn switched,
    void *arg);

/*
 * Asks each sentinel in turn, first the one that knew last time, for at most 300 ms each. The first
 * answer counts. `master` is called exactly once, from the loop, unless sentinels_ask or
 * sentinels_stop_asking is called before.
 */
void sentinels_ask(struct sentinels *s);

/* What a sentinel that was of no help has said, or why it could not be asked; "" if one was. Borrowed. */
const char *sentinels_error(const struct sentinels *s);

/* Stops asking: `master` is not called. A subscription stays. */
void sentinels_stop_asking(struct sentinels *s);

/* Closes the connection and frees `s`. NULL is allowed. */
void sentinels_free(struct sentinels *s);

#endif
