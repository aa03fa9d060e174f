/*
 * Looks up names without holding up the loop. What its files say may change at any time: a container's
 * are often written after the process has started. A name may have several addresses, not all of which
 * work; they are tried in turn.
 */
#ifndef REDIS_RESOLVER_H
#define REDIS_RESOLVER_H

#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <stdbool.h>
#include <sys/socket.h>

#define RESOLVER_CONF "/etc/resolv.conf"

struct resolver_lookup;

/* Which address of a name is tried next. Starts as {0}: the first one. */
struct resolver_turn {
	struct sockaddr_storage last;   /* the address tried last; AF_UNSPEC: none was */
	bool good;                      /* it was of use, so it is tried again */
	struct resolver_lookup *lookup; /* under way, or NULL */
};

/* Called when the name has no address, or no connection to it can be begun. `why` is borrowed. */
typedef void (*resolver_failed_fn)(void *arg, const char *why);

/* A resolver that knows no server yet. Never NULL; free it with evdns_base_free. */
struct evdns_base *resolver_new(struct event_base *base);

/*
 * Reads `conf`, the names of this machine and /etc/hosts anew, and forgets which servers did not answer.
 * A server gets a third of `timeout_ms`, the time for the whole attempt; then the next one is asked.
 */
void resolver_reload(struct evdns_base *dns, const char *conf, int timeout_ms);

/*
 * Looks `host` up and connects `bev`, which has no socket yet, to the address whose turn it is: the last one
 * if that was good, otherwise the one that follows it. The order does not depend on that of the answer,
 * which servers often change. From then on `bev` reports. If it does not come to that, `failed` is called:
 * once, from the loop or before this returns. All that is passed is borrowed until then, or until
 * resolver_cancel.
 */
void resolver_connect(struct evdns_base *dns, struct resolver_turn *turn, struct bufferevent *bev,
    const char *host, int port, resolver_failed_fn failed, void *arg);

/* Ends the lookup that is under way, if there is one: nothing is called. */
void resolver_cancel(struct resolver_turn *turn);

#endif
