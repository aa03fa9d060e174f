/*
 * Several event loops in one process, with all that they share: the log, the metrics, the options
 * and the end. `make tsan` looks for races while this runs.
 */
#include "support/cluster.h"
#include "support/sse.h"
#include "unit/redis/fake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

enum { CLIENTS = 8, STREAMS = 12, ENOUGH = 200 };

static atomic_int placed;  /* agents that all clients together have had placed */
static atomic_bool ending; /* no answer at all is now as good as one */
static atomic_bool over;

struct client {
	pthread_t thread;
	int port, number;
	int status; /* of the first answer that was wrong; 0 for none */
	char wrong[128];
};

/* Sends a request on a connection of its own and returns the status. */
static int
ask(struct client *c, const char *method, const char *path, const char *body)
{
	int status = api_try(c->port, method, path, body, NULL);
	/* 404 and 409: an agent or a node is lost with Redis. 503 and 504: Redis is. */
	bool good = (status >= 200 && status <= 204) || status == 404 || status == 409 ||
	    status == 503 || status == 504 || (status == 0 && atomic_load(&ending));

	if (!good && c->wrong[0] == '\0') {
		snprintf(c->wrong, sizeof(c->wrong), "%s %s", method, path);
		c->status = status;
	}
	return status;
}

static void *
use_all(void *arg)
{
	static const char *const reads[] = { NODES, ASSIGNMENTS "?limit=10", "/api/cluster/stats",
		"/api/cluster/leader", "/api/cluster/balance", NODES "?index=0&wait=20ms",
		"/readyz", "/metrics", "/" };
	struct client *c = arg;
	int i;

	for (i = 0; !atomic_load(&over); i++) {
		const char *agent = fmt("%s/c%d-%d", ASSIGNMENTS, c->number, i);
		const char *body = fmt("{\"agent_id\":\"c%d-%d\"}", c->number, i);

		if (ask(c, "POST", ASSIGNMENTS, body) == 201)
			atomic_fetch_add(&placed, 1);
		ask(c, "GET", agent, NULL);
		ask(c, "GET", reads[i % (int)(sizeof(reads) / sizeof(reads[0]))], NULL);
		ask(c, "DELETE", agent, NULL);
	}
	api_reset();
	return NULL;
}

static bool
enough_placed(void *arg)
{
	(void)arg;
	return atomic_load(&placed) >= ENOUGH;
}

static void
wait_placed(void)
{
	atomic_store(&placed, 0);
	assert_true(poll_until(enough_placed, NULL, API_WAIT_MS));
}

/* Each of the streams tells of the node, whichever loop it is on. */
static void
check_streams(struct sse *streams, const char *node)
{
	const char *data = fmt("\"node_id\":\"%s\"", node);
	int i;

	for (i = 0; i < STREAMS; i++) {
		struct sse_event e = { .data = "" };

		while (strstr(e.data, data) == NULL)
			assert_true(sse_next(&streams[i], &e, API_WAIT_MS));
	}
}

static void
all_loops_serve_all_through_a_lost_redis_to_a_good_end(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-cluster", "n1", "-workers", "4", "-max-agents",
	    "1000", "-log-level", "debug", "-log-format", "json");
	struct client clients[CLIENTS];
	struct sse streams[STREAMS];
	int i;

	wait_json(m->port, NODES "/n1", "status", "\"online\"", API_WAIT_MS);
	for (i = 0; i < STREAMS; i++) {
		assert_true(sse_open(&streams[i], m->port, "/api/cluster/events?types=node", NULL));
		assert_true(sse_live(&streams[i], API_WAIT_MS));
	}
	for (i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){ .port = m->port, .number = i };
		assert_int_equal(pthread_create(&clients[i].thread, NULL, use_all, &clients[i]), 0);
	}
	wait_placed();
	redis_kill(c);
	wait_status(m->port, NODES, 503, API_WAIT_MS);
	redis_start(c);
	wait_placed();
	api(m->port, 201, "POST", NODES, "{\"id\":\"last\",\"max_agents\":0}");
	check_streams(streams, "last");

	atomic_store(&ending, true);
	i = musterd_end(m);
	atomic_store(&over, true);
	assert_int_equal(i, 0);
	for (i = 0; i < STREAMS; i++)
		sse_close(&streams[i]);
	for (i = 0; i < CLIENTS; i++) {
		assert_int_equal(pthread_join(clients[i].thread, NULL), 0);
		if (clients[i].wrong[0] != '\0')
			fail_msg("%s: %d", clients[i].wrong, clients[i].status);
	}
}

/* Whichever worker is asked. The fake serves one connection, so that one worker gets none. */
static void
a_process_is_ready_when_all_its_workers_are(void **state)
{
	static const struct fake_line lines[] = { { "ready_check", "*2\r\n$2\r\nok\r\n$0\r\n\r\n" },
		{ NULL } };
	struct musterd *m;
	static struct fake fake;
	long deadline = now_ms() + API_WAIT_MS;

	fake_start(&fake, lines);
	m = musterd_start_blind(*state, "-redis", fake.url, "-role", "replica", "-workers", "2");
	while (fake_calls(&fake, "ready_check") < 3 && now_ms() < deadline) {
		json_t *p = api_problem(m->port, 503, "store_unavailable", "GET", "/readyz", NULL);

		if (fake_calls(&fake, "ready_check") > 0)
			assert_non_null(json_find(p, "reasons.redis"));
		api_reset(); /* the next request is on a new connection */
	}
	assert_true(fake_calls(&fake, "ready_check") >= 3);
	fake_stop(&fake);
	fake_fini(&fake);
}

int
main(void)
{
	const struct CMUnitTest workers[] = {
		cluster_test(a_process_is_ready_when_all_its_workers_are),
		cluster_test(all_loops_serve_all_through_a_lost_redis_to_a_good_end),
	};

	return test_program(workers);
}
