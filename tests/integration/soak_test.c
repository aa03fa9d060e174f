/*
 * Many requests of all kinds through one front-end, which must not leak: under `make asan`,
 * LeakSanitizer checks that at the end; otherwise the test watches its memory use.
 */
#include "support/cluster.h"
#include "support/http_client.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

enum { REQUESTS = 10000, WARM_UP = 5000, GROWTH_MAX_KIB = 1024 };

/*
 * One request of the mix. {i} stands for the number of the round, {n} for its node. A round ends in
 * the same state as it started, so each request has one correct answer.
 */
struct mixed {
	int status;
	const char *method, *path, *body;
};

static const struct mixed mix[] = {
	{ 201, "POST", NODES, "{\"id\":\"n{n}\",\"max_agents\":50,\"labels\":{\"k\":\"v\"}}" },
	{ 200, "POST", NODES "/n{n}", "{\"cpu_usage\":12.5,\"memory_usage\":50}" },
	{ 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a{i}\",\"metadata\":{\"k\":\"v\"}}" },
	{ 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"q{i}\",\"queue\":true}" },
	{ 200, "GET", ASSIGNMENTS "/a{i}", NULL },
	{ 200, "GET", ASSIGNMENTS "?limit=10", NULL },
	{ 200, "GET", NODES "?status=online", NULL },
	{ 409, "POST", ASSIGNMENTS, "{\"agent_id\":\"g{i}\",\"services\":[\"gpu\"]}" },
	{ 204, "DELETE", ASSIGNMENTS "/a{i}", NULL },
	{ 204, "DELETE", ASSIGNMENTS "/q{i}", NULL },
	{ 400, "POST", ASSIGNMENTS, "{\"agent_id\":" },
	{ 400, "POST", NODES, "{\"id\":\"x\",\"colour\":1}" },
	{ 400, "GET", ASSIGNMENTS "?limit=0", NULL },
	{ 404, "GET", "/nowhere", NULL },
	{ 405, "DELETE", NODES, NULL },
	{ 404, "GET", NODES "/unknown", NULL },
	{ 200, "POST", "/api/cluster/balance", "{\"strategy\":\"weighted\"}" },
	{ 200, "POST", "/api/cluster/balance", "{\"strategy\":\"least-loaded\"}" },
	{ 200, "GET", "/api/cluster/stats", NULL },
	{ 200, "GET", "/api/cluster/leader", NULL },
	{ 200, "GET", "/readyz", NULL },
	{ 200, "DELETE", NODES "/n{n}", NULL },
};

enum { KINDS = sizeof(mix) / sizeof(mix[0]) };

/* `text` with the numbers filled in; NULL for NULL. */
static const char *
fill(const char *text, int i, char out[256])
{
	size_t len = 0;

	if (text == NULL)
		return NULL;
	for (; *text != '\0' && len < 240; text++) {
		if (strncmp(text, "{i}", 3) == 0 || strncmp(text, "{n}", 3) == 0) {
			len += (size_t)snprintf(out + len, 16, "%d", text[1] == 'i' ? i : i % 5);
			text += 2;
		} else {
			out[len++] = *text;
		}
	}
	out[len] = '\0';
	return out;
}

static void
send_mixed(struct http_client *c, int i)
{
	const struct mixed *m = &mix[i % KINDS];
	char path[256], body[256];
	struct http_response r;

	if (!http_client_call(
	        c, m->method, fill(m->path, i / KINDS, path), fill(m->body, i / KINDS, body), &r))
		fail_msg("request %d: no response to %s %s", i, m->method, m->path);
	if (r.status != m->status)
		fail_msg("request %d: %s %s: %d %s", i, m->method, path, r.status, r.body);
	http_response_fini(&r);
}

static void
ten_thousand_mixed_requests_leak_no_memory(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	struct http_client c;
	long warm = 0;
	char *log;
	int i;

	wait_status(m->port, "/api/cluster/leader", 200, API_WAIT_MS);
	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	for (i = 0; i < REQUESTS; i++) {
		if (i == WARM_UP)
			warm = process_memory_kib(m->pid);
		send_mixed(&c, i);
	}
	assert_true(warm > 0);
#ifndef __SANITIZE_ADDRESS__
	assert_true(process_memory_kib(m->pid) - warm <= GROWTH_MAX_KIB);
#endif
	http_client_close(&c);
	assert_int_equal(musterd_end(m), 0);
	log = file_read(m->log);
	assert_null(strstr(log, "Sanitizer"));
	free(log);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cluster_test(ten_thousand_mixed_requests_leak_no_memory),
	};

	return test_program(tests);
}
