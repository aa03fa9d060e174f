/*
 * The proxies in front of this server, whose X-Forwarded-For is believed. What anybody else says there
 * is not: a client could take any address for its own.
 */
#ifndef HTTP_PROXIES_H
#define HTTP_PROXIES_H

#include "base/error.h"

#include <netinet/in.h>
#include <stddef.h>

enum { PROXIES_MAX = 64 };

/* An address, IPv4 as mapped to IPv6, of which the first `bits` count. */
struct network {
	struct in6_addr address;
	int bits;
};

struct proxies {
	struct network networks[PROXIES_MAX];
	size_t n;
};

/*
 * Reads addresses and networks, such as "10.0.0.5,192.168.0.0/16,fd00::/8", separated by commas; "" for
 * none. On failure it returns ERR_INVALID_FIELD and leaves a sentence in `why`.
 */
enum err proxies_init(struct proxies *p, const char *text, char *why, size_t why_size) MUST_CHECK;

/*
 * Replaces the address in `peer`, which the request has come from, by that of the client: the last one in
 * `forwarded`, the value of X-Forwarded-For, that is not itself a trusted proxy, if all after it are.
 * Leaves `peer` if it is not trusted. A value that is no address ends the search.
 */
void proxies_find_client(
    const struct proxies *p, const char *forwarded, char peer[INET6_ADDRSTRLEN]);

#endif
