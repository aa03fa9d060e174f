/*
 * Eight clients over three front-ends ask for agents with requirements and release them. The events, in
 * their order, are given to the model of support/requirements_oracle.h: every node that was chosen could
 * take the agent at that moment. Meanwhile no node shows more taken than it declares. In the end nobody is
 * refused, and nobody waits, for whom there is a node.
 *
 *   make test T=requirements_concurrency                     the seed 1
 *   make test T=requirements_concurrency SEED=7 SEEDS=100    others; with NODES=100 on fewer nodes
 */
#include "support/cluster.h"
#include "support/requirements_json.h"
#include "support/sse.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

enum {
	FRONTS = 3,
	CLIENTS = 8,
	ROUNDS = 150, /* requests of a client */
	AGENTS = CLIENTS * ROUNDS,
	NODES_DEFAULT = 800, /* more than a script looks at in one call */
	SEED_MAX_S = 150
};

/* What is asked for; made before the clients start. */
struct plan {
	struct wants wants;
	int strategy;
	bool queue;
	int status; /* of the answer */
};

struct client {
	pthread_t thread;
	int number, odd;
	struct rng rng;
};

static struct oracle model;
static struct verdict verdict;
static struct plan plan[AGENTS];
static int ports[FRONTS];
static atomic_bool stop;
static uint64_t seed;

static uint64_t
setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static json_t *
body_of(int agent)
{
	json_t *body =
	    request_json(&model, fmt("a%d", agent), &plan[agent].wants, plan[agent].strategy);

	if (plan[agent].queue)
		json_object_set_new(body, "queue", json_true());
	return body;
}

/* Sends a body, and frees it. Returns the status. */
static int
post(int port, const char *path, json_t *body, json_t **reply)
{
	char *text = json_dumps(body, 0);
	int status = api_try(port, "POST", path, text, reply);

	free(text);
	json_decref(body);
	return status;
}

static void
prepare(struct cluster *c)
{
	struct rng rng = { seed };
	int i;

	redis_do(c, "FLUSHDB");
	oracle_reset(&model);
	model.n_nodes = (int)setting("NODES", NODES_DEFAULT);
	assert_in_range(model.n_nodes, 1, ORACLE_NODES_MAX);
	for (i = 0; i < model.n_nodes; i++) {
		make_profile(&model, i, &rng);
		model.node[i].max_agents %= 4; /* so that many are refused */
		assert_int_equal(post(ports[0], NODES, node_json(&model.node[i]), NULL), 201);
	}
	for (i = 0; i < AGENTS; i++) {
		make_wants(&model, &plan[i].wants, &rng);
		plan[i].strategy = rng_between(&rng, -1, BY_COUNT - 1);
		plan[i].queue = rng_between(&rng, 1, 100) <= 5;
		plan[i].status = 0;
	}
}

static void *
ask_and_release(void *arg)
{
	struct client *c = arg;
	int i, agent, status;

	for (i = 0; i < ROUNDS; i++) {
		agent = c->number * ROUNDS + i;
		status = post(ports[(c->number + i) % FRONTS], ASSIGNMENTS, body_of(agent), NULL);
		plan[agent].status = status;
		c->odd += status != 201 && status != 409 && (status != 202 || !plan[agent].queue);
		if (rng_between(&c->rng, 0, 2) > 0)
			continue;
		agent = c->number * ROUNDS + rng_between(&c->rng, 0, i);
		status = api_try(
		    ports[i % FRONTS], "DELETE", fmt("%s/a%d", ASSIGNMENTS, agent), NULL, NULL);
		c->odd += status != 204 && status != 404;
	}
	api_reset();
	return NULL;
}

/* How much of each resource the node has taken beyond what it declares. */
static bool
is_exceeded(const json_t *node)
{
	const json_t *declared = json_object_get(node, "resources");
	const char *name;
	json_t *amount;

	json_object_foreach(json_object_get(node, "allocated"), name, amount)
	{
		if (json_integer_value(amount) >
		    json_integer_value(json_object_get(declared, name)))
			return true;
	}
	return json_integer_value(json_object_get(node, "active_agents")) >
	    json_integer_value(json_object_get(node, "max_agents"));
}

/* Keeps reading the nodes. Counts what it sees exceeded. */
static void *
watch(void *arg)
{
	struct client *c = arg;
	json_t *body, *node;
	size_t i;

	while (!atomic_load(&stop)) {
		c->odd += api_try(ports[0], "GET", NODES "?limit=1000", NULL, &body) != 200;
		json_array_foreach(json_find(body, "nodes"), i, node)
		{
			c->odd += is_exceeded(node);
		}
	}
	api_reset();
	return NULL;
}

static void
run_clients(void)
{
	struct client client[CLIENTS + 1];
	int i;

	memset(client, 0, sizeof(client));
	atomic_store(&stop, false);
	for (i = 0; i <= CLIENTS; i++) {
		client[i].number = i;
		client[i].rng.state = seed * 100 + (uint64_t)i;
		assert_int_equal(pthread_create(&client[i].thread, NULL,
		                     i < CLIENTS ? ask_and_release : watch, &client[i]),
		    0);
	}
	for (i = 0; i <= CLIENTS; i++) {
		atomic_store(&stop, i == CLIENTS);
		assert_int_equal(pthread_join(client[i].thread, NULL), 0);
		if (client[i].odd != 0)
			fail_msg("SEED=%llu: client %d has seen %d odd answers",
			    (unsigned long long)seed, i, client[i].odd);
	}
}

static int
node_of(const char *id)
{
	int i = 0;

	while (strcmp(model.node[i].id, id) != 0)
		i++;
	return i;
}

/* Fails the test: this was not to happen to the agent. */
static void
differ(int agent, const char *what)
{
	char *text = json_dumps(body_of(agent), 0);

	fail_msg("SEED=%llu: %s: %s", (unsigned long long)seed, text, what);
}

/* Lets the model follow an event of an agent. */
static void
follow(const char *type, const json_t *data)
{
	const char *id = json_string_value(json_object_get(data, "node_id"));
	int agent = atoi(json_string_value(json_object_get(data, "agent_id")) + 1), node;
	const struct plan *p = &plan[agent];

	if (strcmp(type, "agent.released") == 0) {
		oracle_release(&model, agent);
		return;
	}
	if (!oracle_stands(&model, agent))
		oracle_add(&model, agent, &p->wants, p->strategy, 0);
	if (strcmp(type, "agent.pending") == 0) {
		oracle_enqueue(&model, agent);
		return;
	}
	node = node_of(id);
	oracle_judge(&model, &p->wants, p->strategy, &verdict);
	if (verdict.tier[node] < 0)
		differ(agent, fmt("it is given to %s, which cannot take it", id));
	oracle_place(&model, agent, node);
}

/* Follows all events since the last one that was followed. A node that registers last is the end. */
static void
follow_all(char since[64])
{
	struct sse_event e;
	struct sse sse;
	json_t *data;
	bool ended = false;

	post(ports[0], NODES, json_pack("{s:s, s:s}", "id", "zz-end", "role", "replica"), NULL);
	assert_true(sse_open(
	    &sse, ports[0], fmt("/api/cluster/events?since=%s&types=agent,node", since), NULL));
	while (!ended) {
		assert_true(sse_next(&sse, &e, API_WAIT_MS));
		data = json_loads(e.data, 0, NULL);
		if (strncmp(e.type, "agent.", 6) == 0)
			follow(e.type, data);
		ended = strstr(e.data, "\"zz-end\"") != NULL;
		snprintf(since, 64, "%s", e.id);
		json_decref(data);
	}
	sse_close(&sse);
}

/* Waits until nobody waits for whom there is a node. */
static void
wait_until_settled(char since[64])
{
	long deadline = now_ms() + API_WAIT_MS;
	int agent;

	while ((agent = oracle_next(&model, &verdict)) >= 0) {
		if (now_ms() > deadline)
			differ(agent,
			    fmt("it waits, though %s can take it", model.node[verdict.node].id));
		follow_all(since);
	}
}

/* Asks again for all that were refused: one after another, so that the answer is the one node. */
static void
ask_again(void)
{
	json_t *reply;
	int i, status, node;

	for (i = 0; i < AGENTS; i++) {
		bool by_lot = plan[i].strategy == BY_RANDOM;

		if (plan[i].status != 409)
			continue;
		oracle_judge(&model, &plan[i].wants, plan[i].strategy, &verdict);
		status = post(ports[i % FRONTS], ASSIGNMENTS, body_of(i), &reply);
		if (status != (verdict.node < 0 ? 409 : 201))
			differ(i, fmt("the answer is %d in the end", status));
		if (status == 409)
			continue;
		node = node_of(get_str(reply, "node_id"));
		if (by_lot ? verdict.tier[node] != verdict.tier[verdict.node]
		           : node != verdict.node)
			differ(i,
			    fmt("it is given to %s instead of %s", model.node[node].id,
			        model.node[verdict.node].id));
		oracle_add(&model, i, &plan[i].wants, plan[i].strategy, 0);
		oracle_place(&model, i, node);
	}
}

/* The records are what the events have made them, and nothing contradicts itself. */
static void
check_records(void)
{
	const char *cursor = "";
	json_t *page;
	int i;

	for (i = 0; i < model.n_nodes; i++) {
		const struct oracle_node *n = &model.node[i];
		json_t *node = api(ports[1], 200, "GET", fmt("%s/%s", NODES, n->id), NULL), *right;
		struct oracle_node taken = { 0 };

		memcpy(taken.resource, n->allocated, sizeof(taken.resource));
		right = node_json(&taken);
		assert_int_equal(get_int(node, "active_agents"), n->active_agents);
		assert_true(json_equal(
		    json_object_get(right, "resources"), json_object_get(node, "allocated")));
		json_decref(right);
	}
	do {
		page =
		    api(ports[2], 200, "GET", fmt("/api/cluster/check?limit=200%s", cursor), NULL);
		check_json(page, "violations", "[]");
		cursor = json_string_value(json_object_get(page, "next_cursor"));
		cursor = cursor != NULL ? fmt("&cursor=%s", cursor) : NULL;
	} while (cursor != NULL);
}

static void
nothing_is_exceeded_and_nobody_who_fits_is_refused(void **state)
{
	uint64_t end = setting("SEED", 1) + setting("SEEDS", 1);
	int i;

	for (i = 0; i < FRONTS; i++)
		ports[i] = musterd_start((struct cluster *)*state, "-heartbeat-ttl", "1h",
		    "-workers", i == 1 ? "2" : "1")
		               ->port;
	for (seed = setting("SEED", 1); seed < end; seed++) {
		char since[64] = "0";

		alarm(SEED_MAX_S);
		prepare(*state);
		run_clients();
		follow_all(since);
		wait_until_settled(since);
		ask_again();
		check_records();
	}
}

int
main(void)
{
	const struct CMUnitTest requirements_concurrency[] = {
		cluster_test(nothing_is_exceeded_and_nobody_who_fits_is_refused),
	};

	return test_program(requirements_concurrency);
}
