/* musterd in front of which proxies and balancers stand, and what it tells them and their clients. */
#include "support/cluster.h"
#include "support/http_client.h"

#include <stdio.h>

#define PREFIX "/muster"
#define STATS  "/api/cluster/stats"
#define NODES  "/api/cluster/nodes"

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

/* What the command line tool prints, with the front-end at `address`. */
static const char *
tool(const char *address, const char *command)
{
	const char *tool_path =
	    fmt("%.*smuster", (int)(strlen(musterd_path()) - strlen("musterd")), musterd_path());
	const char *line = fmt("MUSTER_ADDR=%s %s %s 2>&1", address, tool_path, command), *all = "";
	char text[512];
	FILE *f = popen(line, "r");

	assert_non_null(f);
	while (fgets(text, sizeof(text), f) != NULL)
		all = fmt("%s%s", all, text);
	pclose(f);
	return all;
}

static void
all_works_under_a_path_prefix(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-path-prefix", PREFIX);
	const char *address = fmt("http://127.0.0.1:%d" PREFIX "/", m->port);
	struct http_response r;
	json_t *description;

	/* What a reply names is what the client must ask for. */
	api(m->port, 201, "POST", PREFIX NODES, "{\"id\":\"n1\"}");
	assert_string_equal(api_header("Location"), PREFIX NODES "/n1");
	api(m->port, 201, "POST", PREFIX "/api/cluster/assignments", "{\"agent_id\":\"a-1\"}");
	assert_string_equal(api_header("Location"), PREFIX "/api/cluster/assignments/a-1");
	description = api(m->port, 200, "GET", PREFIX "/api/openapi.json", NULL);
	assert_string_equal(get_str(description, "servers.0.url"), PREFIX);
	/* The dashboard's links are relative to its own path. */
	assert_true(http_call(m->port, "GET", PREFIX "/", NULL, &r));
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.body, "src=\"assets/main.js\""));
	http_response_fini(&r);
	assert_true(http_call(m->port, "GET", PREFIX "/assets/main.js", NULL, &r));
	assert_int_equal(r.status, 200);
	http_response_fini(&r);
	/* Health checks and scrapers that come without a proxy need no prefix. */
	api(m->port, 200, "GET", "/readyz", NULL);
	check_json(api(m->port, 200, "GET", NODES "/n1", NULL), "active_agents", "1");
	/* The command line tool and the library take the prefix as a part of the address. */
	assert_non_null(strstr(tool(address, "agent assign a-2"), "a-2"));
	assert_non_null(strstr(tool(address, "nodes"), "n1"));
	assert_non_null(strstr(tool(address, "events"), "n1"));
}

static void
a_prefix_does_not_change_what_an_idempotency_key_stands_for(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-path-prefix", PREFIX);
	static const char *const paths[] = { PREFIX, "" };
	struct http_client client;
	struct http_response r;
	size_t i;

	assert_true(http_client_open(&client, "127.0.0.1", m->port));
	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	for (i = 0; i < 2; i++) {
		assert_true(http_client_send_str(&client,
		    fmt("POST %s/api/cluster/assignments HTTP/1.1\r\nHost: t\r\n"
		        "Idempotency-Key: k\r\nContent-Length: 16\r\n\r\n{\"agent_id\":\"a\"}",
		        paths[i])));
		assert_true(http_client_read(&client, &r));
		assert_int_equal(r.status, 201);
		http_response_fini(&r);
	}
	http_client_close(&client);
}

int
main(void)
{
	const struct CMUnitTest interop[] = {
		cluster_test(an_idle_connection_stays_open_as_long_as_it_is_told),
		cluster_test(all_works_under_a_path_prefix),
		cluster_test(a_prefix_does_not_change_what_an_idempotency_key_stands_for),
	};

	return test_program(interop);
}
