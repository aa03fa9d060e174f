/*
 * A fault proxy: a TCP port in front of a server, with its own thread. Its link can be disturbed
 * while connections are open. A connection that has lost bytes is reset when the mode changes,
 * because a real network never delivers a stream with a gap. Not for protocols that half-close:
 * when one end closes, the other is closed too.
 */
#ifndef CHAOS_PROXY_H
#define CHAOS_PROXY_H

#include <stddef.h>

enum proxy_mode {
	PROXY_PASS,
	PROXY_DELAY,     /* bytes and closes arrive n ms late, in both directions */
	PROXY_LATE,      /* the same only for replies; requests are forwarded at once */
	PROXY_DROP,      /* connections are accepted, but bytes are dropped, in both directions */
	PROXY_HALF_OPEN, /* nothing is forwarded, closes neither; it is kept until the mode ends */
	PROXY_RESET,     /* open and new connections are reset (RST) */
	PROXY_CUT,       /* closes a connection after n bytes, both directions together */
	PROXY_MUTE       /* requests are forwarded, replies are dropped */
};

struct proxy;

/*
 * Starts a proxy on a free port of 127.0.0.1, in mode PROXY_PASS. upstream: the path of a unix
 * socket, or a port of 127.0.0.1 in digits. Returns NULL if there is no free port or no thread.
 */
struct proxy *proxy_new(const char *upstream);

int proxy_port(const struct proxy *p);

/* Sets the mode of all open and future connections. It is in effect when this returns. */
void proxy_set(struct proxy *p, enum proxy_mode mode, long n);

/* The number of open connections. */
size_t proxy_connections(struct proxy *p);

/* Closes all connections and ends the thread. `p` may be NULL. */
void proxy_free(struct proxy *p);

#endif
