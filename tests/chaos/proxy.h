/*
 * A fault proxy: a TCP port in front of a server, in a thread of its own, whose link can be made
 * worse while connections are open. A connection that has lost bytes is reset when the mode
 * changes, for a stream with a hole in it is nothing that a network delivers.
 * Not for protocols that half-close: once either end has closed, so does the other.
 */
#ifndef CHAOS_PROXY_H
#define CHAOS_PROXY_H

#include <stddef.h>

enum proxy_mode {
	PROXY_PASS,
	PROXY_DELAY,     /* bytes and ends of connections arrive n ms late, either way */
	PROXY_DROP,      /* connections are accepted and what is sent vanishes, either way */
	PROXY_HALF_OPEN, /* nothing passes, ends of connections neither; kept until the mode ends */
	PROXY_RESET,     /* connections are reset (RST), open ones and new ones */
	PROXY_CUT,       /* n bytes of a connection pass, both ways together; then it is closed */
	PROXY_MUTE       /* requests pass, replies vanish */
};

struct proxy;

/*
 * Starts a proxy on a free port of 127.0.0.1 in mode PROXY_PASS. upstream: the path of a unix
 * socket, or a port of 127.0.0.1 in digits. NULL where there is no port or thread.
 */
struct proxy *proxy_new(const char *upstream);

int proxy_port(const struct proxy *p);

/* Changes the mode of all connections, open and to come. In effect when this returns. */
void proxy_set(struct proxy *p, enum proxy_mode mode, long n);

/* The connections that are open now. */
size_t proxy_connections(struct proxy *p);

/* Closes all connections and ends the thread. NULL is good. */
void proxy_free(struct proxy *p);

#endif
