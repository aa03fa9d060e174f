/* Addresses of the machine's interfaces. */
#include "cluster/machine_address.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>

/* Writes the address of one interface, if others can use it. */
static bool
use(const struct ifaddrs *i, int family, char text[INET6_ADDRSTRLEN])
{
	const struct sockaddr_in *v4 = (const void *)i->ifa_addr;
	const struct sockaddr_in6 *v6 = (const void *)i->ifa_addr;

	if (i->ifa_addr == NULL || i->ifa_addr->sa_family != family ||
	    (i->ifa_flags & IFF_LOOPBACK) || !(i->ifa_flags & IFF_UP))
		return false;
	if (family == AF_INET)
		return inet_ntop(family, &v4->sin_addr, text, INET6_ADDRSTRLEN) != NULL;
	/* A link-local address means nothing without the name of an interface. */
	return !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) &&
	    inet_ntop(family, &v6->sin6_addr, text, INET6_ADDRSTRLEN) != NULL;
}

static bool
choose_of(const struct ifaddrs *list, int family, char text[INET6_ADDRSTRLEN])
{
	for (; list != NULL; list = list->ifa_next)
		if (use(list, family, text))
			return true;
	return false;
}

void
machine_address_choose(const struct ifaddrs *list, int family, char text[INET6_ADDRSTRLEN])
{
	if (!choose_of(list, family, text) &&
	    (family == AF_INET || !choose_of(list, AF_INET, text)))
		snprintf(text, INET6_ADDRSTRLEN, "%s", family == AF_INET6 ? "::1" : "127.0.0.1");
}

char *
machine_address(int family)
{
	struct ifaddrs *all = NULL;
	char text[INET6_ADDRSTRLEN];

	if (getifaddrs(&all) != 0)
		all = NULL;
	machine_address_choose(all, family, text);
	if (all != NULL)
		freeifaddrs(all);
	return xstrdup(text);
}
