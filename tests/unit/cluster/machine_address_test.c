/* Which address of which interface others are told. */
#include "cluster/machine_address.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { UP = IFF_UP, DOWN = 0, LOOP = IFF_UP | IFF_LOOPBACK, INTERFACES_MAX = 5 };

struct interface {
	const char *address; /* NULL: it has none */
	unsigned flags;
};

/* Expects this choice from a list of `n` interfaces. */
static void
check(const struct interface *interfaces, size_t n, int family, const char *expected)
{
	struct sockaddr_storage addresses[INTERFACES_MAX] = { { 0 } };
	struct ifaddrs list[INTERFACES_MAX] = { { 0 } };
	char text[INET6_ADDRSTRLEN];
	size_t i;

	for (i = 0; i < n; i++) {
		struct sockaddr_in *v4 = (void *)&addresses[i];
		struct sockaddr_in6 *v6 = (void *)&addresses[i];
		const char *address = interfaces[i].address;

		list[i].ifa_flags = interfaces[i].flags;
		list[i].ifa_next = i + 1 < n ? &list[i + 1] : NULL;
		if (address == NULL)
			continue;
		list[i].ifa_addr = (struct sockaddr *)&addresses[i];
		addresses[i].ss_family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
		assert_int_equal(inet_pton(addresses[i].ss_family, address,
		                     strchr(address, ':') != NULL ? (void *)&v6->sin6_addr
		                                                  : (void *)&v4->sin_addr),
		    1);
	}
	machine_address_choose(n > 0 ? list : NULL, family, text);
	assert_string_equal(text, expected);
}

#define check_list(family, expected, ...)                                                         \
	check((const struct interface[]){ __VA_ARGS__ },                                          \
	    sizeof((const struct interface[]){ __VA_ARGS__ }) / sizeof(struct interface), family, \
	    expected)

static void
the_first_address_that_others_can_use_is_chosen(void **state)
{
	(void)state;
	check_list(AF_INET, "10.0.0.2", { "127.0.0.1", LOOP }, { NULL, UP }, { "10.0.0.1", DOWN },
	    { "10.0.0.2", UP }, { "10.0.0.3", UP });
	check_list(AF_INET6, "2001:db8::2", { "::1", LOOP }, { "fe80::1", UP },
	    { "2001:db8::1", DOWN }, { "2001:db8::2", UP }, { "2001:db8::3", UP });
}

static void
the_family_is_that_of_the_listener(void **state)
{
	(void)state;
	check_list(AF_INET6, "fd00::2", { "10.0.0.2", UP }, { "fd00::2", UP });
	check_list(AF_INET, "10.0.0.2", { "fd00::2", UP }, { "10.0.0.2", UP });
	/* All IPv6 addresses take IPv4 as well; this is not so the other way round. */
	check_list(AF_INET6, "10.0.0.2", { "fe80::1", UP }, { "10.0.0.2", UP });
	check_list(AF_INET, "127.0.0.1", { "fd00::2", UP });
}

static void
without_an_address_it_is_the_loopback(void **state)
{
	(void)state;
	check_list(AF_INET6, "::1", { "::1", LOOP }, { "127.0.0.1", LOOP });
	check_list(AF_INET, "127.0.0.1", { "::1", LOOP }, { "127.0.0.1", LOOP });
	check(NULL, 0, AF_INET6, "::1");
	check(NULL, 0, AF_INET, "127.0.0.1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_address_that_others_can_use_is_chosen),
		cmocka_unit_test(the_family_is_that_of_the_listener),
		cmocka_unit_test(without_an_address_it_is_the_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
