/*
 * The connections of a fault proxy: what each mode does to the bytes of one. All of it runs in
 * the proxy's own thread; proxy.h is what others use.
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

/* Takes over an accepted socket and connects it with `upstream`, as proxy_new says. */
void links_add(struct links *l, evutil_socket_t fd, const char *upstream);

/* Puts all connections into another mode. */
void links_change(struct links *l, enum proxy_mode mode, long n);

void links_close(struct links *l);

#endif
