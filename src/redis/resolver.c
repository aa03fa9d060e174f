/* The resolver, which is libevent's. */
#include "redis/resolver.h"

#include <assert.h>
#include <stdio.h>

enum { SERVERS_TRIED = 3 };

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
