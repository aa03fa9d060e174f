/*
 * The connections of a fault proxy: what each mode does to the bytes of a connection. This runs in
 * the proxy's thread; other threads use proxy.h.
 */
#ifndef CHAOS_LINKS_H
#define CHAOS_LINKS_H

#include "chaos/proxy.h"

#include <event2/util.h>
#include <sys/queue.h>

struct event_base;
struct pair;

struct links {
	struct event_base *base;
	enum proxy_mode mode;
	long n;
	LIST_HEAD(, pair) pairs;
	size_t count;
};

/* Takes over an accepted socket and connects it to `upstream`, which is as in proxy_new. */
void links_add(struct links *l, evutil_socket_t fd, const char *upstream);

/* Sets the mode of all connections. */
void links_change(struct links *l, enum proxy_mode mode, long n);

void links_close(struct links *l);

#endif
