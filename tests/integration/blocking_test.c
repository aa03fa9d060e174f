/* Blocking queries and entity tags: a GET that is answered when there is something new. */
#include "support/cluster.h"
#include "support/http_client.h"

#include <pthread.h>
#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

enum { SOON_MS = 5000 };

/* A front-end that changes nothing by itself. */
static struct musterd *
start(struct cluster *c)
{
	struct musterd *m = musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");

	api(m->port, 201, "POST", NODES, "{\"id\":\"n1\"}");
	api(m->port, 201, "POST", NODES, "{\"id\":\"n2\",\"services\":[\"x\"]}");
	return m;
}

/* The index of a reply to `path`, to wait for changes after it. */
static const char *
index_of(struct musterd *m, const char *path)
{
	const char *index;

	api_try(m->port, "GET", fmt("%s?index=0", path), NULL, NULL);
	index = api_header("X-Cluster-Index");
	assert_non_null(index);
	return fmt("%s", index);
}

/* A GET in its own thread. */
struct held {
	pthread_t thread;
	int port, status;
	char path[256];
	char index[64];
	long took;
};

static void *
get(void *arg)
{
	struct held *h = arg;
	long since = now_ms();
	const char *index;

	h->status = api_try(h->port, "GET", h->path, NULL, NULL);
	h->took = now_ms() - since;
	index = api_header("X-Cluster-Index");
	snprintf(h->index, sizeof(h->index), "%s", index != NULL ? index : "");
	api_reset();
	return NULL;
}

static void
hold(struct held *h, struct musterd *m, const char *path)
{
	memset(h, 0, sizeof(*h));
	h->port = m->port;
	snprintf(h->path, sizeof(h->path), "%s", path);
	assert_int_equal(pthread_create(&h->thread, NULL, get, h), 0);
}

static bool
is_over(void *arg)
{
	return pthread_tryjoin_np(((struct held *)arg)->thread, NULL) == 0;
}

struct row {
	const char *path;            /* the path that is requested */
	const char *method, *target; /* the request that changes it */
	const char *body;
};

static void
a_query_is_answered_when_its_resource_changes(void **state)
{
	static const struct row rows[] = {
		{ NODES, "POST", NODES, "{\"id\":\"n3\"}" },
		{ NODES "/n1", "POST", NODES "/n1", "{\"status\":\"draining\"}" },
		{ NODES "/n1", "POST", NODES "/n1", "{\"status\":\"online\"}" },
		{ ASSIGNMENTS, "POST", ASSIGNMENTS, "{\"agent_id\":\"b\"}" },
		{ ASSIGNMENTS "/c", "POST", ASSIGNMENTS, "{\"agent_id\":\"c\"}" },
		{ ASSIGNMENTS "/c", "POST", ASSIGNMENTS "/c", "{\"metadata\":{\"k\":\"v\"}}" },
		{ ASSIGNMENTS, "POST", ASSIGNMENTS "/c", "{\"priority\":7}" },
		{ ASSIGNMENTS "/c", "DELETE", ASSIGNMENTS "/c", NULL },
		{ "/api/cluster/balance", "POST", "/api/cluster/balance",
		    "{\"strategy\":\"random\"}" },
		{ "/api/cluster/hold", "POST", "/api/cluster/hold", "{\"action\":\"enter\"}" },
		{ "/api/cluster/stats", "POST", ASSIGNMENTS, "{\"agent_id\":\"d\"}" },
		{ "/api/cluster/check", "DELETE", ASSIGNMENTS "/d", NULL },
	};
	struct musterd *m = start(*state);
	struct held h;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hold(&h, m, fmt("%s?index=%s&wait=20s", rows[i].path, index_of(m, rows[i].path)));
		assert_false(poll_until(is_over, &h, 200));
		assert_in_range(
		    api_try(m->port, rows[i].method, rows[i].target, rows[i].body, NULL), 200, 204);
		if (!poll_until(is_over, &h, SOON_MS))
			fail_msg("%s waits on", rows[i].path);
		assert_true(h.took < SOON_MS);
		assert_true(h.index[0] != '\0');
	}
}

static void
other_changes_do_not_end_a_query(void **state)
{
	static const struct row rows[] = {
		{ NODES "/n1", "POST", NODES "/n2", "{\"status\":\"draining\"}" },
		{ ASSIGNMENTS "/a", "POST", ASSIGNMENTS, "{\"agent_id\":\"b\"}" },
		{ ASSIGNMENTS "/a", "POST", ASSIGNMENTS "/b", "{\"priority\":7}" },
		{ NODES "/n1", "POST", ASSIGNMENTS "/a", "{\"priority\":7}" },
		{ NODES, "POST", ASSIGNMENTS "/b", "{\"metadata\":{\"k\":\"v\"}}" },
		{ ASSIGNMENTS "?node_id=n2", "DELETE", ASSIGNMENTS "/b", NULL },
		{ "/api/cluster/balance", "POST", NODES, "{\"id\":\"n3\"}" },
		{ "/api/cluster/hold", "POST", ASSIGNMENTS, "{\"agent_id\":\"e\"}" },
	};
	struct musterd *m = start(*state);
	struct held h;
	size_t i;

	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hold(&h, m,
		    fmt("%s%cindex=%s&wait=600ms", rows[i].path,
		        strchr(rows[i].path, '?') != NULL ? '&' : '?', index_of(m, NODES)));
		api_try(m->port, rows[i].method, rows[i].target, rows[i].body, NULL);
		assert_true(poll_until(is_over, &h, SOON_MS));
		assert_int_equal(h.status, 200);
		assert_in_range(h.took, 600, SOON_MS);
	}
}

/* Nodes n1, n2 with x and n3 with y; the agents a on n2 and b on n3. */
static struct musterd *
start_with_agents(struct cluster *c)
{
	struct musterd *m = start(c);

	api(m->port, 201, "POST", NODES, "{\"id\":\"n3\",\"services\":[\"y\"]}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\",\"services\":[\"x\"]}");
	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"b\",\"services\":[\"y\"]}");
	return m;
}

/* Holds a row's query, with its change before it (from an index before that), or after it. */
static void
hold_row(struct held *h, struct musterd *m, const struct row *row, const char *wait, bool before)
{
	const char *index = index_of(m, NODES);

	if (before)
		assert_in_range(
		    api_try(m->port, row->method, row->target, row->body, NULL), 200, 204);
	hold(h, m,
	    fmt("%s%cindex=%s&wait=%s", row->path, strchr(row->path, '?') != NULL ? '&' : '?',
	        index, wait));
	if (before)
		return;
	if (poll_until(is_over, h, 200))
		fail_msg("%s does not wait", row->path);
	assert_in_range(api_try(m->port, row->method, row->target, row->body, NULL), 200, 204);
}

static void
check_rows_answered(struct musterd *m, const struct row *rows, size_t n, bool before)
{
	struct held h;
	size_t i;

	for (i = 0; i < n; i++) {
		hold_row(&h, m, &rows[i], "20s", before);
		if (!poll_until(is_over, &h, SOON_MS))
			fail_msg("%s waits on after %s %s", rows[i].path, rows[i].target,
			    rows[i].body != NULL ? rows[i].body : "");
		assert_in_range(h.status, 200, 404);
	}
}

static void
a_query_is_answered_when_anything_that_it_shows_changes(void **state)
{
	static const struct row rows[] = {
		{ ASSIGNMENTS "/a", "POST", NODES "/n2", "{\"healthy\":false}" },
		{ ASSIGNMENTS "/a", "POST", NODES,
		    "{\"id\":\"n2\",\"services\":[\"x\"],\"ip_address\":\"10.0.0.9\"}" },
		{ ASSIGNMENTS "?node_id=n2", "POST", NODES "/n2", "{\"healthy\":false}" },
		{ ASSIGNMENTS, "POST", NODES "/n2", "{\"healthy\":true}" },
		{ ASSIGNMENTS "?service=x", "POST", NODES "/n2", "{\"healthy\":false}" },
		{ ASSIGNMENTS "/a", "POST", NODES "/n2",
		    "{\"healthy\":true,\"status\":\"draining\"}" },
		{ NODES "?service=x", "POST", NODES "/n2", "{\"status\":\"online\"}" },
		{ NODES "?service=x", "POST", ASSIGNMENTS,
		    "{\"agent_id\":\"c\",\"services\":[\"x\"]}" },
		{ NODES "?service=x", "POST", NODES, "{\"id\":\"n2\"}" },
		{ NODES "?service=x", "POST", NODES, "{\"id\":\"n2\",\"services\":[\"x\"]}" },
		{ NODES "?service=x", "POST", NODES, "{\"id\":\"n4\",\"services\":[\"x\"]}" },
		{ NODES "?service=x", "DELETE", NODES "/n4", NULL },
		{ NODES "?status=draining", "POST", NODES "/n1", "{\"status\":\"draining\"}" },
		{ NODES "?status=draining", "POST", NODES "/n1", "{\"status\":\"online\"}" },
		{ NODES "?limit=1", "POST", NODES "/n1", "{\"healthy\":false}" },
		{ ASSIGNMENTS "?service=y", "POST", ASSIGNMENTS,
		    "{\"agent_id\":\"d\",\"services\":[\"y\"]}" },
		{ ASSIGNMENTS "?service=y", "DELETE", ASSIGNMENTS "/d", NULL },
		{ ASSIGNMENTS "?status=pending", "POST", ASSIGNMENTS,
		    "{\"agent_id\":\"e\",\"services\":[\"z\"],\"queue\":true}" },
		{ ASSIGNMENTS "?status=pending", "DELETE", ASSIGNMENTS "/e", NULL },
		{ ASSIGNMENTS "/a", "DELETE", NODES "/n2", NULL },
		{ NODES "/n1", "DELETE", NODES "/n1", NULL },
	};
	struct cluster *c = *state;
	struct musterd *m = start_with_agents(c);

	check_rows_answered(m, rows, sizeof(rows) / sizeof(rows[0]), false);
	musterd_end(m);
	redis_do(c, "FLUSHALL");
	check_rows_answered(start_with_agents(c), rows, sizeof(rows) / sizeof(rows[0]), true);
}

static void
a_query_waits_while_only_what_it_does_not_show_changes(void **state)
{
	static const struct row rows[] = {
		{ NODES "?service=x", "POST", NODES "/n1", "{\"status\":\"draining\"}" },
		{ NODES "?service=x", "POST", NODES, "{\"id\":\"n5\"}" },
		{ NODES "?service=x", "POST", ASSIGNMENTS,
		    "{\"agent_id\":\"d\",\"services\":[\"y\"]}" },
		{ NODES "?limit=1", "POST", NODES "/n2", "{\"status\":\"draining\"}" },
		{ NODES "?limit=1", "POST", NODES, "{\"id\":\"n6\"}" },
		{ ASSIGNMENTS "/a", "POST", NODES "/n3", "{\"healthy\":false}" },
		{ ASSIGNMENTS "/a", "POST", NODES "/n2", "{\"status\":\"online\"}" },
		{ ASSIGNMENTS "?node_id=n2", "POST", NODES "/n3", "{\"healthy\":true}" },
		{ ASSIGNMENTS "?service=x", "POST", ASSIGNMENTS,
		    "{\"agent_id\":\"e\",\"services\":[\"y\"]}" },
		{ ASSIGNMENTS "?status=assigned&service=x", "POST", NODES "/n3",
		    "{\"healthy\":false}" },
		{ "/api/cluster/hold", "POST", NODES "/n3", "{\"healthy\":true}" },
	};
	struct musterd *m = start_with_agents(*state);
	struct held h;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hold_row(&h, m, &rows[i], "800ms", false);
		assert_true(poll_until(is_over, &h, SOON_MS));
		assert_int_equal(h.status, 200);
		if (h.took < 800)
			fail_msg("%s is answered after %s %s", rows[i].path, rows[i].target,
			    rows[i].body);
	}
}

static void
a_query_with_an_old_index_is_answered_at_once(void **state)
{
	struct musterd *m = start(*state);
	const char *index = index_of(m, ASSIGNMENTS);
	long since;

	api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}");
	api(m->port, 200, "POST", "/api/cluster/balance", "{\"strategy\":\"random\"}");
	since = now_ms();
	api(m->port, 200, "GET", fmt("%s/a?index=%s&wait=20s", ASSIGNMENTS, index), NULL);
	assert_true(now_ms() - since < SOON_MS);
	/* At the current index, there is nothing new. */
	index = fmt("%s", api_header("X-Cluster-Index"));
	since = now_ms();
	api(m->port, 200, "GET", fmt("%s/a?index=%s&wait=300ms", ASSIGNMENTS, index), NULL);
	assert_in_range(now_ms() - since, 300, SOON_MS);
	/* With an unknown index, it is answered at once. */
	since = now_ms();
	api(m->port, 200, "GET", ASSIGNMENTS "/a?index=12-0&wait=20s", NULL);
	assert_true(now_ms() - since < SOON_MS);
}

static void
a_shutdown_answers_waiting_queries(void **state)
{
	struct musterd *m = start(*state);
	struct held h;

	hold(&h, m, fmt("%s?index=%s&wait=60s", NODES, index_of(m, NODES)));
	assert_false(poll_until(is_over, &h, 200));
	assert_int_equal(musterd_end(m), 0);
	assert_true(poll_until(is_over, &h, SOON_MS));
	assert_int_equal(h.status, 200);
}

static void
a_query_ends_when_redis_is_lost(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);
	struct held h;

	hold(&h, m, fmt("%s?index=%s&wait=1500ms", NODES, index_of(m, NODES)));
	assert_false(poll_until(is_over, &h, 200));
	redis_kill(c);
	assert_true(poll_until(is_over, &h, SOON_MS));
	assert_int_equal(h.status, 503);
}

static void
a_query_ends_when_its_client_disconnects(void **state)
{
	enum { LOOK_MS = 5000 };
	struct musterd *m = start(*state);
	struct http_client c;
	struct http_response r;

	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	assert_true(http_client_send_str(&c,
	    fmt("GET %s?index=%s&wait=60s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", NODES,
	        index_of(m, NODES))));
	http_client_shutdown(&c);
	c.timeout_ms = 2 * LOOK_MS;
	/* The client may only have closed its sending side, so it may get an answer. It must not
	 * take a minute. */
	assert_true(http_client_read(&c, &r));
	assert_int_equal(r.status, 200);
	http_response_fini(&r);
	http_client_close(&c);
}

static void
malformed_queries_are_refused(void **state)
{
	struct musterd *m = start(*state);

	api_problem(m->port, 400, "invalid_field", "GET", NODES "?index=", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", NODES "?index=5", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", NODES "?index=0&wait=601s", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", NODES "?index=0&wait=-1s", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", NODES "?index=0&wait=soon", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", NODES "?index=0&limit=0", NULL);
	api(m->port, 200, "GET", NODES "?index=0&wait=10m", NULL);
	/* A wait that nothing waits for is checked too. */
	api_problem(m->port, 400, "invalid_field", "GET", NODES "?wait=11m", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", NODES "?wait=soon", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", NODES "?wait=", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", "/api/cluster/stats?wait=1h", NULL);
	api(m->port, 200, "GET", NODES "?wait=600000", NULL);
}

/* Sends GETs with If-None-Match. */
static int
get_unless(struct musterd *m, const char *path, const char *known, char etag[64])
{
	struct http_client c;
	struct http_response r;
	int status;

	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	assert_true(http_client_send_str(
	    &c, fmt("GET %s HTTP/1.1\r\nHost: t\r\nIf-None-Match: %s\r\n\r\n", path, known)));
	assert_true(http_client_read(&c, &r));
	status = r.status;
	assert_true(status != 304 || r.body_len == 0);
	snprintf(etag, 64, "%s", http_response_header(&r, "ETag"));
	http_response_fini(&r);
	http_client_close(&c);
	return status;
}

static void
an_unchanged_resource_is_not_sent_again(void **state)
{
	struct musterd *m = start(*state);
	char first[64], etag[64];

	assert_int_equal(get_unless(m, NODES "/n1", "\"other\"", first), 200);
	assert_int_equal(get_unless(m, NODES "/n1", first, etag), 304);
	assert_string_equal(etag, first);
	assert_int_equal(get_unless(m, NODES "/n1", fmt("\"x\", W/%s", first), etag), 304);
	assert_int_equal(get_unless(m, NODES "/n1", "*", etag), 304);
	api(m->port, 200, "POST", NODES "/n1", "{\"cpu_usage\":5}");
	assert_int_equal(get_unless(m, NODES "/n1", first, etag), 200);
	assert_string_not_equal(etag, first);
}

int
main(void)
{
	const struct CMUnitTest blocking[] = {
		cluster_test(a_query_is_answered_when_its_resource_changes),
		cluster_test(other_changes_do_not_end_a_query),
		cluster_test(a_query_is_answered_when_anything_that_it_shows_changes),
		cluster_test(a_query_waits_while_only_what_it_does_not_show_changes),
		cluster_test(a_query_with_an_old_index_is_answered_at_once),
		cluster_test(a_shutdown_answers_waiting_queries),
		cluster_test(a_query_ends_when_redis_is_lost),
		cluster_test(a_query_ends_when_its_client_disconnects),
		cluster_test(malformed_queries_are_refused),
		cluster_test(an_unchanged_resource_is_not_sent_again),
	};

	return test_program(blocking);
}
