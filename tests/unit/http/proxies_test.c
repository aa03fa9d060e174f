/* Who is trusted, and which address a forwarded request has come from. */
#include "http/proxies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The client of a request from `peer` with this X-Forwarded-For. */
static const char *
client(const char *trusted, const char *peer, const char *forwarded)
{
	static char address[INET6_ADDRSTRLEN];
	struct proxies p;
	char why[256];

	assert_int_equal(proxies_init(&p, trusted, why, sizeof(why)), ERR_OK);
	snprintf(address, sizeof(address), "%s", peer);
	proxies_find_client(&p, forwarded, address);
	return address;
}

static void
the_last_address_that_is_not_trusted_is_the_client(void **state)
{
	static const struct {
		const char *trusted, *peer, *forwarded, *client;
	} cases[] = {
		{ "10.0.0.1", "10.0.0.1", "1.2.3.4", "1.2.3.4" },
		{ "10.0.0.1", "10.0.0.1", "", "10.0.0.1" },
		{ "10.0.0.1", "10.0.0.2", "1.2.3.4", "10.0.0.2" },
		{ "", "10.0.0.1", "1.2.3.4", "10.0.0.1" },
		/* What the client itself sent comes first, and is not believed. */
		{ "10.0.0.1", "10.0.0.1", "9.9.9.9, 1.2.3.4", "1.2.3.4" },
		{ "10.0.0.0/8", "10.0.0.1", "9.9.9.9,1.2.3.4 ,\t10.7.0.1", "1.2.3.4" },
		{ "10.0.0.0/8", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3" },
		{ "10.0.0.1", "10.0.0.1", "1.2.3.4,, ,", "1.2.3.4" },
		{ "10.0.0.1", "10.0.0.1", ",", "10.0.0.1" },
		/* Ports, and IPv6 in its forms. */
		{ "10.0.0.1", "10.0.0.1", "1.2.3.4:567", "1.2.3.4" },
		{ "10.0.0.1", "10.0.0.1", "2001:db8::1", "2001:db8::1" },
		{ "10.0.0.1", "10.0.0.1", "[2001:DB8:0::1]:567", "2001:db8::1" },
		{ "10.0.0.1", "10.0.0.1", "[2001:db8::1]", "2001:db8::1" },
		{ "10.0.0.1", "10.0.0.1", "::ffff:1.2.3.4", "1.2.3.4" },
		{ "fd00::/8", "fd12::5", "1.2.3.4", "1.2.3.4" },
		{ "::ffff:10.0.0.1", "10.0.0.1", "1.2.3.4", "1.2.3.4" },
		{ "::1,127.0.0.1", "::1", "1.2.3.4, 127.0.0.1", "1.2.3.4" },
		/* What is no address hides what comes before it. */
		{ "10.0.0.0/8", "10.0.0.1", "1.2.3.4, unknown", "10.0.0.1" },
		{ "10.0.0.0/8", "10.0.0.1", "1.2.3.4, _hidden, 10.0.0.9", "10.0.0.9" },
		{ "10.0.0.0/8", "10.0.0.1", "fe80::1%eth0", "10.0.0.1" },
		{ "10.0.0.0/8", "10.0.0.1",
		    "1.2.3.4, "
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    "10.0.0.1" },
		/* Networks end where they say. */
		{ "192.168.4.0/22", "192.168.7.255", "1.2.3.4", "1.2.3.4" },
		{ "192.168.4.0/22", "192.168.8.0", "1.2.3.4", "192.168.8.0" },
		{ "192.168.5.6/22", "192.168.4.1", "1.2.3.4", "1.2.3.4" },
		{ "10.0.0.1/32", "10.0.0.0", "1.2.3.4", "10.0.0.0" },
		{ "0.0.0.0/0", "8.8.8.8", "1.2.3.4", "1.2.3.4" },
		{ "0.0.0.0/0", "2001:db8::1", "1.2.3.4", "2001:db8::1" },
		{ "::/0", "8.8.8.8", "2001:db8::1", "2001:db8::1" },
		{ "2001:db8::/33", "2001:db8:7fff::1", "1.2.3.4", "1.2.3.4" },
		{ "2001:db8::/33", "2001:db8:8000::1", "1.2.3.4", "2001:db8:8000::1" },
		{ " 10.0.0.1 , 10.0.0.2", "10.0.0.2", "1.2.3.4", "1.2.3.4" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++)
		if (strcmp(client(cases[i].trusted, cases[i].peer, cases[i].forwarded),
		        cases[i].client) != 0)
			fail_msg("%s from %s: %s, not %s", cases[i].forwarded, cases[i].peer,
			    client(cases[i].trusted, cases[i].peer, cases[i].forwarded),
			    cases[i].client);
}

static void
what_is_no_network_is_named(void **state)
{
	static const char *const wrong[] = { "proxy.example", "10.0.0.0/33", "10.0.0.0/",
		"10.0.0.0/a", "10.0.0.0/-1", "10.0.0.0/8/8", "fd00::/129", "10.0.0", "10.0.0.1:80",
		"[::1]", "::1,nonsense", "10.0.0.1,,10.0.0.2", "," };
	struct proxies p;
	char why[256], many[PROXIES_MAX * 4 + 8] = "::1";
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_int_equal(proxies_init(&p, wrong[i], why, sizeof(why)), ERR_INVALID_FIELD);
		assert_ptr_equal(strstr(why, "trusted-proxies: '"), why);
	}
	assert_int_equal(proxies_init(&p, "::1,nonsense", why, sizeof(why)), ERR_INVALID_FIELD);
	assert_non_null(strstr(why, "'nonsense'"));
	for (i = 1; i < PROXIES_MAX; i++)
		strcat(many, ",::1");
	assert_int_equal(proxies_init(&p, many, why, sizeof(why)), ERR_OK);
	assert_int_equal(p.n, PROXIES_MAX);
	strcat(many, ",::1");
	assert_int_equal(proxies_init(&p, many, why, sizeof(why)), ERR_INVALID_FIELD);
	assert_string_equal(why, "trusted-proxies: there are more than 64");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_address_that_is_not_trusted_is_the_client),
		cmocka_unit_test(what_is_no_network_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
