/* The address at which others reach this machine. */
#ifndef CLUSTER_MACHINE_ADDRESS_H
#define CLUSTER_MACHINE_ADDRESS_H

#include <ifaddrs.h>
#include <netinet/in.h>

/*
 * The first address in the list that is of an interface that is up, neither loopback nor link-local,
 * written as a number. `family` is AF_INET or AF_INET6. Whoever listens on all IPv6 addresses can also be
 * reached by IPv4: without an IPv6 address it is one of IPv4. Without any it is the loopback address of
 * `family`.
 */
void machine_address_choose(const struct ifaddrs *list, int family, char text[INET6_ADDRSTRLEN]);

/* Like machine_address_choose, from the interfaces of this machine. Returns text to be freed. */
char *machine_address(int family);

#endif
