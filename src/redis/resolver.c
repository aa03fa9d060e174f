/* The resolver, which is libevent's. */
#include "redis/resolver.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVERS_TRIED = 3 };

/* libevent answers a cancelled lookup too, later: so it is not part of the turn. */
struct resolver_lookup {
	struct resolver_turn *turn; /* NULL: cancelled */
	struct evdns_getaddrinfo_request *request;
	struct bufferevent *bev;
	resolver_failed_fn failed;
	void *arg;
};

struct evdns_base *
resolver_new(struct event_base *base)
{
	struct evdns_base *dns = evdns_base_new(base, 0);

	assert(dns != NULL);
	return dns;
}

void
resolver_reload(struct evdns_base *dns, const char *conf, int timeout_ms)
{
	char seconds[32];
	int each = timeout_ms / SERVERS_TRIED;

	evdns_base_clear_nameservers_and_suspend(dns);
	evdns_base_clear_host_addresses(dns);
	evdns_base_search_clear(dns);
	/* Without the file, addresses and the names in /etc/hosts still work. */
	(void)evdns_base_resolv_conf_parse(dns, DNS_OPTIONS_ALL, conf);
	snprintf(seconds, sizeof(seconds), "%d.%03d", each / 1000, each % 1000);
	(void)evdns_base_set_option(dns, "timeout:", seconds);
	evdns_base_resume(dns);
}

/* The address whose turn it is, of those found; NULL if there are none. */
static const struct evutil_addrinfo *
choose(const struct resolver_turn *t, const struct evutil_addrinfo *found)
{
	const struct evutil_addrinfo *a, *least = found, *next = NULL;

	if (t->last.ss_family == AF_UNSPEC)
		return found;
	for (a = found; a != NULL; a = a->ai_next) {
		/* Addresses of different families differ in their first bytes. */
		int order = memcmp(a->ai_addr, &t->last, a->ai_addrlen);

		if (order == 0 && t->good)
			return a;
		if (order > 0 &&
		    (next == NULL || memcmp(a->ai_addr, next->ai_addr, a->ai_addrlen) < 0))
			next = a;
		if (memcmp(a->ai_addr, least->ai_addr, a->ai_addrlen) < 0)
			least = a;
	}
	return next != NULL ? next : least;
}

/* Connects to one of the addresses. Returns why that cannot be begun, or NULL. */
static const char *
connect_to_one(
    struct resolver_turn *t, struct bufferevent *bev, const struct evutil_addrinfo *found)
{
	const struct evutil_addrinfo *a = choose(t, found);

	if (a == NULL)
		return "the name has no address";
	memset(&t->last, 0, sizeof(t->last));
	memcpy(&t->last, a->ai_addr, a->ai_addrlen);
	t->good = false;
	return bufferevent_socket_connect(bev, a->ai_addr, (int)a->ai_addrlen) < 0 ? strerror(errno)
	                                                                           : NULL;
}

static void
on_found(int error, struct evutil_addrinfo *found, void *arg)
{
	struct resolver_lookup l = *(struct resolver_lookup *)arg;
	const char *why;

	free(arg);
	if (l.turn != NULL) {
		l.turn->lookup = NULL;
		why =
		    error != 0 ? evutil_gai_strerror(error) : connect_to_one(l.turn, l.bev, found);
		if (why != NULL)
			l.failed(l.arg, why);
	}
	if (found != NULL)
		evutil_freeaddrinfo(found);
}

void
resolver_connect(struct evdns_base *dns, struct resolver_turn *turn, struct bufferevent *bev,
    const char *host, int port, resolver_failed_fn failed, void *arg)
{
	static const struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP
	};
	struct resolver_lookup *l = xcalloc(1, sizeof(*l));
	struct evdns_getaddrinfo_request *request;
	char service[8];

	assert(turn->lookup == NULL);
	*l = (struct resolver_lookup){ .turn = turn, .bev = bev, .failed = failed, .arg = arg };
	turn->lookup = l;
	snprintf(service, sizeof(service), "%d", port);
	request = evdns_getaddrinfo(dns, host, service, &hints, on_found, l);
	/* Without a request it has been answered already, and is freed. */
	if (request != NULL)
		l->request = request;
}

void
resolver_cancel(struct resolver_turn *turn)
{
	struct resolver_lookup *l = turn->lookup;

	if (l == NULL)
		return;
	turn->lookup = NULL;
	l->turn = NULL;
	evdns_getaddrinfo_cancel(l->request);
}
