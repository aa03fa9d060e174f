/*
 * A failing Redis under load: every request is answered in time and with the right code, memory use
 * does not grow, and the service recovers by itself.
 */
#include "support/cluster.h"
#include "support/http_client.h"

#include <pthread.h>
#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define STATS       "/api/cluster/stats"

/* The limit for every answer. Sanitizers need more time. */
#ifdef __SANITIZE_ADDRESS__
#define PROMISED_MS 5000
#else
#define PROMISED_MS 2500
#endif

enum {
	CLIENTS = 32,
	BACKOFF_MS = 5000, /* the longest pause between two attempts to connect */
	TROUBLE_MS = 6000,
	GROWTH_MAX_KIB = 8 * 1024,
};

struct client {
	pthread_t thread;
	int port, number;
	long until;
	int answers[600]; /* number of answers by status */
	int silent, late;
	bool live; /* every answer of /livez was 200 */
};

/* Makes requests without pause until the time is up. */
static void *
keep_asking(void *arg)
{
	struct client *c = arg;
	struct http_client http;
	int i;

	c->live = true;
	for (i = 0; now_ms() < c->until; i++) {
		struct http_response r = { 0 };
		long since = now_ms();
		char body[64];

		snprintf(body, sizeof(body), "{\"agent_id\":\"c%d-%d\"}", c->number, i);
		if (!http_client_open(&http, "127.0.0.1", c->port) ||
		    !http_client_call(&http, i % 3 == 0 ? "POST" : "GET",
		        i % 3 == 0       ? ASSIGNMENTS
		            : i % 3 == 1 ? STATS
		                         : "/livez",
		        i % 3 == 0 ? body : NULL, &r))
			c->silent++;
		else
			c->answers[r.status < 600 ? r.status : 0]++;
		if (i % 3 == 2 && r.status != 200)
			c->live = false;
		c->late += now_ms() - since > PROMISED_MS;
		http_response_fini(&r);
		http_client_close(&http);
	}
	return NULL;
}

/* The number of answers with this status, of all clients. */
static int
answers(const struct client clients[CLIENTS], int status)
{
	int i, n = 0;

	for (i = 0; i < CLIENTS; i++)
		n += clients[i].answers[status];
	return n;
}

static void
start_clients(struct client clients[CLIENTS], const struct musterd *m, long ms)
{
	int i;

	memset(clients, 0, CLIENTS * sizeof(*clients));
	for (i = 0; i < CLIENTS; i++) {
		clients[i].port = m->port;
		clients[i].number = i;
		clients[i].until = now_ms() + ms;
		assert_int_equal(
		    pthread_create(&clients[i].thread, NULL, keep_asking, &clients[i]), 0);
	}
}

/* Checks that every answer came in time and was 200, 201, 503 or 504. */
static void
join_clients(struct client clients[CLIENTS])
{
	int i, status;

	for (i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i].thread, NULL);
		assert_int_equal(clients[i].silent, 0);
		assert_int_equal(clients[i].late, 0);
		assert_true(clients[i].live);
		for (status = 0; status < 600; status++)
			if (clients[i].answers[status] > 0 && status != 200 && status != 201 &&
			    status != 503 && status != 504)
				fail_msg("%d answers of %d", clients[i].answers[status], status);
	}
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

static struct musterd *
start(struct cluster *c)
{
	struct musterd *m = musterd_start(c, "-heartbeat-ttl", "1h");

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\",\"max_agents\":1000000}");
	return m;
}

static void
requests_are_answered_in_time_while_redis_is_frozen(void **state)
{
	static struct client clients[CLIENTS];
	struct cluster *c = *state;
	struct musterd *m = start(c);
	long before, since;

	start_clients(clients, m, 1000);
	join_clients(clients);
	assert_true(answers(clients, 201) > CLIENTS);
	before = process_memory_kib(m->pid);
	assert_true(process_freeze(c->redis));
	start_clients(clients, m, TROUBLE_MS);
	join_clients(clients);
	assert_true(answers(clients, 503) > 0 && answers(clients, 504) > 0);
	assert_int_equal(answers(clients, 201), 0);
#ifndef __SANITIZE_ADDRESS__
	assert_true(process_memory_kib(m->pid) - before < GROWTH_MAX_KIB);
#else
	assert_true(before > 0);
#endif
	since = now_ms();
	process_thaw(c->redis);
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	assert_true(now_ms() - since < BACKOFF_MS + 1000);
}

static void
no_answer_is_lost_while_redis_restarts_under_load(void **state)
{
	static struct client clients[CLIENTS];
	struct cluster *c = *state;
	struct musterd *m;
	int i;

	redis_end(c);
	c->appendonly = true;
	redis_start(c);
	m = start(c);
	start_clients(clients, m, TROUBLE_MS);
	for (i = 0; i < 3; i++) {
		redis_kill(c);
		assert_false(poll_until(never, NULL, 500));
		redis_start(c);
		assert_false(poll_until(never, NULL, 500));
	}
	join_clients(clients);
	assert_true(answers(clients, 503) > 0);
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
}

static void
a_loading_redis_is_503_and_reported(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);
	long since;
	int i;

	for (i = 0; i < 150; i++)
		api(m->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"}", i));
	redis_start_slowly(c, m);
	since = now_ms();
	api_problem(m->port, 503, "store_unavailable", "POST", ASSIGNMENTS, "{\"agent_id\":\"b\"}");
	assert_non_null(api_header("Retry-After"));
	api_problem(m->port, 503, "store_unavailable", "GET", STATS, NULL);
	api(m->port, 200, "GET", "/livez", NULL);
	assert_true(now_ms() - since < PROMISED_MS);
	wait_status(m->port, "/readyz", 200, API_WAIT_MS);
	api(m->port, 200, "GET", ASSIGNMENTS "/a149", NULL);
}

int
main(void)
{
	const struct CMUnitTest overload[] = {
		cluster_test(requests_are_answered_in_time_while_redis_is_frozen),
		cluster_test(no_answer_is_lost_while_redis_restarts_under_load),
		cluster_test(a_loading_redis_is_503_and_reported),
	};

	return test_program(overload);
}
