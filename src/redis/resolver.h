/*
 * Looks up names without holding up the loop. What its files say may change at any time: a container's
 * are often written after the process has started.
 */
#ifndef REDIS_RESOLVER_H
#define REDIS_RESOLVER_H

#include <event2/dns.h>
#include <event2/event.h>

#define RESOLVER_CONF "/etc/resolv.conf"

/* A resolver that knows no server yet. Never NULL; free it with evdns_base_free. */
struct evdns_base *resolver_new(struct event_base *base);

/*
 * Reads `conf`, the names of this machine and /etc/hosts anew, and forgets which servers did not answer.
 * A server gets a third of `timeout_ms`, the time for the whole attempt; then the next one is asked.
 */
void resolver_reload(struct evdns_base *dns, const char *conf, int timeout_ms);

#endif
