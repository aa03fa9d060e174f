/* Trusted proxies. Invariant: every address is an IPv6 address; one of IPv4 is mapped. */
#include "http/proxies.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPED_BITS = 96, ADDRESS_BITS = 128, ENTRY_SIZE = 64 };

/* Reads an address. Returns the number of bits before those that can be written after a '/'; -1: it is
 * none. */
static int
read_address(const char *text, struct in6_addr *out)
{
	static const unsigned char prefix[12] = { [10] = 0xff, [11] = 0xff };

	if (inet_pton(AF_INET6, text, out) == 1)
		return 0;
	if (inet_pton(AF_INET, text, &out->s6_addr[sizeof(prefix)]) != 1)
		return -1;
	memcpy(out->s6_addr, prefix, sizeof(prefix));
	return MAPPED_BITS;
}

static void
write_address(const struct in6_addr *a, char out[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(a))
		inet_ntop(AF_INET, &a->s6_addr[MAPPED_BITS / 8], out, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, a, out, INET6_ADDRSTRLEN);
}

/* Reads "address" or "address/bits", and changes `text`. */
static bool
read_network(char *text, struct network *out)
{
	char *slash = strchr(text, '/'), *end;
	int before;
	long bits;

	if (slash != NULL)
		*slash = '\0';
	before = read_address(text, &out->address);
	out->bits = ADDRESS_BITS;
	if (before < 0 || slash == NULL)
		return before >= 0;
	bits = strtol(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > ADDRESS_BITS - before)
		return false;
	out->bits = before + (int)bits;
	return true;
}

/*
 * Copies `len` bytes, without blanks around them, to `out`. False if they are too long for an address.
 */
static bool
copy_entry(const char *at, size_t len, char out[ENTRY_SIZE])
{
	while (len > 0 && (*at == ' ' || *at == '\t')) {
		at++;
		len--;
	}
	while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
		len--;
	if (len >= ENTRY_SIZE)
		return false;
	memcpy(out, at, len);
	out[len] = '\0';
	return true;
}

enum err
proxies_init(struct proxies *p, const char *text, char *why, size_t why_size)
{
	char entry[ENTRY_SIZE];

	p->n = 0;
	while (*text != '\0') {
		size_t len = strcspn(text, ",");

		if (p->n == PROXIES_MAX) {
			snprintf(
			    why, why_size, "trusted-proxies: there are more than %d", PROXIES_MAX);
			return ERR_INVALID_FIELD;
		}
		if (!copy_entry(text, len, entry) || !read_network(entry, &p->networks[p->n])) {
			snprintf(why, why_size,
			    "trusted-proxies: '%.*s' is neither an address nor a network such as "
			    "10.0.0.0/8",
			    (int)len, text);
			return ERR_INVALID_FIELD;
		}
		p->n++;
		text += len + (text[len] == ',');
	}
	return ERR_OK;
}

static bool
is_in(const struct network *n, const struct in6_addr *a)
{
	size_t whole = (size_t)n->bits / 8;
	unsigned rest = 0xff00u >> n->bits % 8 & 0xffu;

	return memcmp(n->address.s6_addr, a->s6_addr, whole) == 0 &&
	    (rest == 0 || ((n->address.s6_addr[whole] ^ a->s6_addr[whole]) & rest) == 0);
}

static bool
is_trusted(const struct proxies *p, const struct in6_addr *a)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (is_in(&p->networks[i], a))
			return true;
	return false;
}

/* Reads "address", "address:port" (IPv4), "[address]" or "[address]:port", and changes `text`. */
static bool
read_hop(char *text, struct in6_addr *out)
{
	char *colon = strchr(text, ':');

	if (*text == '[') {
		text++;
		text[strcspn(text, "]")] = '\0';
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		*colon = '\0';
	}
	return read_address(text, out) >= 0;
}

void
proxies_find_client(const struct proxies *p, const char *forwarded, char peer[INET6_ADDRSTRLEN])
{
	size_t end = strlen(forwarded);
	struct in6_addr address;

	if (read_address(peer, &address) < 0)
		return;
	while (end > 0 && is_trusted(p, &address)) {
		char entry[ENTRY_SIZE];
		size_t start = end;
		struct in6_addr hop;

		while (start > 0 && forwarded[start - 1] != ',')
			start--;
		if (!copy_entry(forwarded + start, end - start, entry))
			break;
		end = start > 0 ? start - 1 : 0;
		if (*entry == '\0')
			continue;
		if (!read_hop(entry, &hop))
			break;
		address = hop;
	}
	write_address(&address, peer);
}
