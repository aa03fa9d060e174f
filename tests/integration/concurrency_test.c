/* Many clients at once over several front-ends: no place is given twice, and no node gets more than
 * its limit. */
#include "support/cluster.h"

#include "base/choices.h"
#include "base/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define STATS       "/api/cluster/stats"

enum { FRONTS = 3, CLIENTS = 8, ROUNDS = 60, NODES_N = 4, PER_NODE = 15 };

struct client {
	pthread_t thread;
	int number;
	int ports[FRONTS];
	char node[64]; /* the result of its last request for the same agent */
	long long epoch;
	int status;
	int created, refused, deleted, other;
};

static pthread_barrier_t together;
static atomic_bool stop;

/* Three front-ends, one of them with two event loops. The heartbeats of the nodes last for an
 * hour. */
static void
start(struct cluster *c, struct client *clients)
{
	int ports[FRONTS], i;

	ports[0] = musterd_start(c, "-heartbeat-ttl", "1h")->port;
	ports[1] = musterd_start(c, "-heartbeat-ttl", "1h", "-workers", "2")->port;
	ports[2] = musterd_start(c, "-heartbeat-ttl", "1h")->port;
	memset(clients, 0, CLIENTS * sizeof(*clients));
	for (i = 0; i < CLIENTS; i++) {
		clients[i].number = i;
		memcpy(clients[i].ports, ports, sizeof(ports));
	}
}

static void
add_nodes(int port)
{
	int i;

	for (i = 0; i < NODES_N; i++)
		api(port, 201, "POST", NODES,
		    fmt("{\"id\":\"n%d\",\"max_agents\":%d,\"services\":[\"all\",\"%s\"]}", i,
		        PER_NODE, i % 2 ? "odd" : "even"));
}

static void
run(struct client *clients, void *(*body)(void *))
{
	int i;

	for (i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&clients[i].thread, NULL, body, &clients[i]), 0);
	for (i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_join(clients[i].thread, NULL), 0);
}

/* Checks that all counters agree. Returns the number of assigned agents. */
static long long
check_sums(int port, long long pending)
{
	json_t *nodes = api(port, 200, "GET", NODES, NULL);
	json_t *list = api(port, 200, "GET", ASSIGNMENTS "?limit=1000&status=assigned", NULL);
	json_t *stats = api(port, 200, "GET", STATS, NULL);
	long long sum = 0, capacity = 0, assigned = get_int(list, "count");
	size_t i;

	for (i = 0; i < json_array_size(json_find(nodes, "nodes")); i++) {
		const char *id = get_str(nodes, fmt("nodes.%zu.id", i));
		long long active = get_int(nodes, fmt("nodes.%zu.active_agents", i));
		json_t *own =
		    api(port, 200, "GET", fmt("%s?limit=1000&node_id=%s", ASSIGNMENTS, id), NULL);

		assert_true(active <= get_int(nodes, fmt("nodes.%zu.max_agents", i)));
		assert_int_equal(get_int(own, "count"), active);
		sum += active;
		capacity += get_int(nodes, fmt("nodes.%zu.max_agents", i));
	}
	assert_int_equal(sum, assigned);
	assert_int_equal(get_int(stats, "agents.assigned"), assigned);
	assert_int_equal(get_int(stats, "agents.pending"), pending);
	assert_int_equal(get_int(stats, "agents.capacity"), capacity);
	assert_int_equal(get_int(stats, "agents.available"), capacity - assigned);
	return assigned;
}

static void *
ask_and_release(void *arg)
{
	static const char *const strategies[] = { STRATEGY_LIST };
	static const char *const services[] = { "[]", "[\"even\"]", "[\"odd\",\"all\"]" };
	struct client *c = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		int status = api_try(c->ports[(c->number + i) % FRONTS], "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"c%d-%d\",\"strategy\":\"%s\",\"services\":%s}", c->number,
		        i, strategies[(size_t)(c->number + i) % ARRAY_LEN(strategies)],
		        services[i % 3]),
		    NULL);

		c->created += status == 201;
		c->refused += status == 409;
		c->other += status != 201 && status != 409;
		if (i % 4 == 3) {
			status = api_try(c->ports[i % FRONTS], "DELETE",
			    fmt("%s/c%d-%d", ASSIGNMENTS, c->number, i - 1 - c->number % 3), NULL,
			    NULL);
			c->deleted += status == 204;
			c->other += status != 204 && status != 404;
		}
	}
	api_reset();
	return NULL;
}

/* Keeps reading the nodes. Returns how often one was over its limit. */
static void *
watch(void *arg)
{
	struct client *c = arg;

	while (!atomic_load(&stop)) {
		json_t *body, *node;
		size_t i;

		c->other += api_try(c->ports[c->number % FRONTS], "GET", NODES, NULL, &body) != 200;
		json_array_foreach(json_find(body, "nodes"), i, node)
		{
			c->created++;
			c->refused += json_integer_value(json_object_get(node, "active_agents")) >
			    json_integer_value(json_object_get(node, "max_agents"));
		}
	}
	api_reset();
	return NULL;
}

static void
capacity_is_never_exceeded(void **state)
{
	struct client clients[CLIENTS], watcher;
	int i, created = 0, refused = 0, deleted = 0, other = 0;

	start(*state, clients);
	add_nodes(clients[0].ports[0]);
	watcher = clients[0];
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&watcher.thread, NULL, watch, &watcher), 0);
	run(clients, ask_and_release);
	atomic_store(&stop, true);
	assert_int_equal(pthread_join(watcher.thread, NULL), 0);
	assert_true(watcher.created >= NODES_N);
	assert_int_equal(watcher.refused, 0);
	assert_int_equal(watcher.other, 0);
	for (i = 0; i < CLIENTS; i++) {
		created += clients[i].created;
		refused += clients[i].refused;
		deleted += clients[i].deleted;
		other += clients[i].other;
	}
	assert_int_equal(other, 0);
	assert_int_equal(created + refused, CLIENTS * ROUNDS);
	assert_true(refused > 0);
	assert_int_equal(check_sums(clients[0].ports[2], 0), created - deleted);
}

static void *
fill(void *arg)
{
	struct client *c = arg;
	int i;

	for (i = 0; i < 20; i++) {
		int status = api_try(c->ports[(c->number + i) % FRONTS], "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"c%d-%d\"}", c->number, i), NULL);

		c->created += status == 201;
		c->refused += status == 409;
	}
	api_reset();
	return NULL;
}

static void
the_last_places_are_assigned_exactly_once(void **state)
{
	struct client clients[CLIENTS];
	int i, created = 0, refused = 0;

	start(*state, clients);
	add_nodes(clients[0].ports[0]);
	run(clients, fill);
	for (i = 0; i < CLIENTS; i++) {
		created += clients[i].created;
		refused += clients[i].refused;
	}
	assert_int_equal(created, NODES_N * PER_NODE);
	assert_int_equal(refused, CLIENTS * 20 - NODES_N * PER_NODE);
	assert_int_equal(check_sums(clients[0].ports[1], 0), NODES_N * PER_NODE);
}

static void *
ask_for_the_same(void *arg)
{
	struct client *c = arg;
	int i;

	for (i = 0; i < 40; i++) {
		json_t *body;
		const char *node;
		int status;

		pthread_barrier_wait(&together);
		status = api_try(c->ports[c->number % FRONTS], "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"same-%d\",\"strategy\":\"random\"}", i), &body);
		node = json_string_value(json_object_get(body, "node_id"));
		snprintf(c->node, sizeof(c->node), "%s", node != NULL ? node : "none");
		c->epoch = json_integer_value(json_object_get(body, "epoch"));
		c->status = status;
		pthread_barrier_wait(&together);
		/* The first client compares the results while the others wait. */
		if (c->number == 0) {
			int k, first = 0;

			for (k = 0; k < CLIENTS; k++) {
				first += c[k].status == 201;
				c->other += c[k].status != 201 && c[k].status != 200;
				c->refused += strcmp(c[k].node, c->node) != 0 ||
				    strcmp(c->node, "none") == 0 || c[k].epoch != c->epoch;
			}
			c->created += first == 1;
		}
		pthread_barrier_wait(&together);
		status = api_try(c->ports[(c->number + 1) % FRONTS], "DELETE",
		    fmt("%s/same-%d", ASSIGNMENTS, i), NULL, NULL);
		c->deleted += status == 204;
		c->other += status != 204 && status != 404;
	}
	api_reset();
	return NULL;
}

static void
the_same_agent_gets_one_node_and_one_epoch(void **state)
{
	struct client clients[CLIENTS];
	int i, deleted = 0;

	start(*state, clients);
	add_nodes(clients[0].ports[0]);
	pthread_barrier_init(&together, NULL, CLIENTS);
	run(clients, ask_for_the_same);
	pthread_barrier_destroy(&together);
	assert_int_equal(clients[0].created, 40);
	assert_int_equal(clients[0].refused, 0);
	for (i = 0; i < CLIENTS; i++) {
		assert_int_equal(clients[i].other, 0);
		deleted += clients[i].deleted;
	}
	assert_int_equal(deleted, 40);
	assert_int_equal(check_sums(clients[0].ports[0], 0), 0);
}

static void *
queue_and_disturb(void *arg)
{
	struct client *c = arg;
	int i, status;

	for (i = 0; i < 30; i++) {
		status = api_try(c->ports[i % FRONTS], "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"q%d-%d\",\"queue\":true}", c->number, i), NULL);
		c->created += status == 201 || status == 202;
		c->other += status != 201 && status != 202;
		if (i % 5 == c->number % 5)
			c->other +=
			    api_try(c->ports[c->number % FRONTS], "POST",
			        fmt("%s/n%d", NODES, c->number % NODES_N),
			        i % 2 ? "{\"status\":\"draining\"}" : "{\"status\":\"online\"}",
			        NULL) != 200;
		if (i % 3 == 2) {
			status = api_try(c->ports[i % FRONTS], "DELETE",
			    fmt("%s/q%d-%d", ASSIGNMENTS, c->number, i - 2), NULL, NULL);
			c->deleted += status == 204;
			c->other += status != 204;
		}
	}
	api_reset();
	return NULL;
}

static void
queueing_and_draining_lose_no_agent(void **state)
{
	struct client clients[CLIENTS];
	int i, port, created = 0, deleted = 0, capacity = NODES_N * PER_NODE;

	start(*state, clients);
	port = clients[0].ports[0];
	add_nodes(port);
	run(clients, queue_and_disturb);
	for (i = 0; i < CLIENTS; i++) {
		assert_int_equal(clients[i].other, 0);
		created += clients[i].created;
		deleted += clients[i].deleted;
	}
	for (i = 0; i < NODES_N; i++)
		api(port, 200, "POST", fmt("%s/n%d", NODES, i), "{\"status\":\"online\"}");
	assert_int_equal(created, CLIENTS * 30);
	assert_int_equal(deleted, CLIENTS * 10);
	wait_json(port, STATS, "agents.assigned", fmt("%d", capacity), API_WAIT_MS);
	check_json(api(port, 200, "GET", ASSIGNMENTS "?status=pending&limit=1000", NULL), "count",
	    fmt("%d", created - deleted - capacity));
	check_sums(port, created - deleted - capacity);
}

int
main(void)
{
	const struct CMUnitTest concurrency[] = {
		cluster_test(capacity_is_never_exceeded),
		cluster_test(the_last_places_are_assigned_exactly_once),
		cluster_test(the_same_agent_gets_one_node_and_one_epoch),
		cluster_test(queueing_and_draining_lose_no_agent),
	};

	return test_program(concurrency);
}
