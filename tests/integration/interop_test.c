/* musterd in front of which proxies and balancers stand, and what it tells them and their clients. */
#include "support/cluster.h"
#include "support/http_client.h"

#define STATS "/api/cluster/stats"

static void
an_idle_connection_stays_open_as_long_as_it_is_told(void **state)
{
	struct cluster *c = *state;
	struct musterd *usual = musterd_start_plain(c);
	struct musterd *m = musterd_start(c, "-idle-timeout", "1s");
	struct http_client client;
	struct http_response r;
	long since;

	api(usual->port, 200, "GET", STATS, NULL);
	assert_string_equal(api_header("Keep-Alive"), "timeout=75");
	assert_true(http_client_open(&client, "127.0.0.1", m->port));
	assert_true(http_client_call(&client, "GET", STATS, NULL, &r));
	since = now_ms();
	assert_string_equal(http_response_header(&r, "Keep-Alive"), "timeout=1");
	assert_true(http_client_closed(&client));
	assert_true(now_ms() - since >= 950);
	http_response_fini(&r);
	http_client_close(&client);
}

int
main(void)
{
	const struct CMUnitTest interop[] = {
		cluster_test(an_idle_connection_stays_open_as_long_as_it_is_told),
	};

	return test_program(interop);
}
