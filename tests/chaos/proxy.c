/*
 * The thread of a fault proxy. Invariant: only the loop's thread uses `links`. Other threads make
 * requests through `ask`, one at a time; a request is done when `asked` is false.
 */
#include "chaos/proxy.h"

#include "chaos/links.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <event2/thread.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct proxy {
	struct links links;
	struct evconnlistener *listener;
	struct event *wake;
	pthread_t thread;
	int port;
	char upstream[108]; /* the size of a unix socket's path */

	pthread_mutex_t lock;
	pthread_cond_t done;
	bool asked;
	struct {
		bool count, stop;
		enum proxy_mode mode;
		long n;
		size_t counted;
	} ask;
};

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *peer, int len, void *arg)
{
	struct proxy *p = arg;

	(void)l;
	(void)peer;
	(void)len;
	links_add(&p->links, fd, p->upstream);
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct proxy *p = arg;

	(void)fd;
	(void)what;
	pthread_mutex_lock(&p->lock);
	if (p->ask.stop)
		event_base_loopbreak(p->links.base);
	else if (p->ask.count)
		p->ask.counted = p->links.count;
	else
		links_change(&p->links, p->ask.mode, p->ask.n);
	p->asked = false;
	pthread_cond_signal(&p->done);
	pthread_mutex_unlock(&p->lock);
}

static void *
loop(void *arg)
{
	struct proxy *p = arg;

	event_base_loop(p->links.base, EVLOOP_NO_EXIT_ON_EMPTY);
	links_close(&p->links);
	evconnlistener_free(p->listener);
	event_free(p->wake);
	event_base_free(p->links.base);
	return NULL;
}

static bool
listen_any(struct proxy *p)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->listener = evconnlistener_new_bind(p->links.base, on_accept, p,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1, (struct sockaddr *)&in, sizeof(in));
	if (p->listener == NULL ||
	    getsockname(evconnlistener_get_fd(p->listener), (struct sockaddr *)&in, &len) < 0)
		return false;
	p->port = ntohs(in.sin_port);
	return true;
}

struct proxy *
proxy_new(const char *upstream)
{
	struct proxy *p = calloc(1, sizeof(*p));

	evthread_use_pthreads();
	if (p == NULL || strlen(upstream) >= sizeof(p->upstream))
		abort();
	snprintf(p->upstream, sizeof(p->upstream), "%s", upstream);
	LIST_INIT(&p->links.pairs);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->done, NULL);
	p->links.base = event_base_new();
	p->wake =
	    p->links.base != NULL ? event_new(p->links.base, -1, EV_PERSIST, on_wake, p) : NULL;
	if (p->wake == NULL || !listen_any(p) || pthread_create(&p->thread, NULL, loop, p) != 0)
		return NULL;
	return p;
}

int
proxy_port(const struct proxy *p)
{
	return p->port;
}

/* Makes the loop's thread carry out `ask`, and waits for that. The caller holds the lock. */
static void
ask_thread(struct proxy *p)
{
	p->asked = true;
	event_active(p->wake, EV_TIMEOUT, 0);
	while (p->asked)
		pthread_cond_wait(&p->done, &p->lock);
}

void
proxy_set(struct proxy *p, enum proxy_mode mode, long n)
{
	pthread_mutex_lock(&p->lock);
	p->ask.mode = mode;
	p->ask.n = n;
	ask_thread(p);
	pthread_mutex_unlock(&p->lock);
}

size_t
proxy_connections(struct proxy *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	p->ask.count = true;
	ask_thread(p);
	p->ask.count = false;
	n = p->ask.counted;
	pthread_mutex_unlock(&p->lock);
	return n;
}

void
proxy_free(struct proxy *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->ask.stop = true;
	ask_thread(p);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->done);
	free(p);
}
