/* Nodes, leaders and front-ends that die by SIGKILL, and what happens to their agents. */
#include "support/cluster.h"
#include "support/http_client.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define LEADER      "/api/cluster/leader"
#define STATS       "/api/cluster/stats"

/* Options for members whose death is noticed soon, and for members that stay alive. */
#define QUICK                                                                         \
	"-heartbeat-ttl", "600ms", "-heartbeat-interval", "200ms", "-grace", "300ms", \
	    "-lease-ttl", "500ms"
#define CALM                                                                                      \
	"-heartbeat-ttl", "60s", "-heartbeat-interval", "200ms", "-grace", "300ms", "-lease-ttl", \
	    "500ms"

enum {
	LEASE_MS = 500,
	GRACE_MS = 300,
	NOTICED_MS = 600 + GRACE_MS + 1000,
	AGENTS = 3,
	IN_FLIGHT = 60
};

static void
wait_leader(struct musterd *m, const char *id)
{
	wait_json(m->port, LEADER, "leader_id", fmt("\"%s\"", id), API_WAIT_MS);
}

static void
wait_node(struct musterd *m, const char *id)
{
	wait_json(m->port, fmt("%s/%s", NODES, id), "status", "\"online\"", API_WAIT_MS);
}

static json_t *
agent(struct musterd *m, int i)
{
	return api(m->port, 200, "GET", fmt("%s/a%d", ASSIGNMENTS, i), NULL);
}

/* Assigns AGENTS agents to the only node with the service "s", and records their epochs. */
static void
give(struct musterd *m, const char *node, long long epochs[AGENTS])
{
	int i;

	for (i = 0; i < AGENTS; i++) {
		json_t *a = api(m->port, 201, "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"a%d\",\"services\":[\"s\"]}", i));

		assert_string_equal(get_str(a, "node_id"), node);
		epochs[i] = get_int(a, "epoch");
	}
}

/* Waits until all agents are on `node`, moved from `previous` for this reason, with a new epoch. */
static void
check_moved(struct musterd *m, const char *node, const char *previous, const char *reason,
    const long long epochs[AGENTS])
{
	int i;

	for (i = 0; i < AGENTS; i++) {
		const char *url = fmt("%s/a%d", ASSIGNMENTS, i);
		json_t *a = wait_json(m->port, url, "node_id", fmt("\"%s\"", node), API_WAIT_MS);

		assert_string_equal(get_str(a, "status"), "assigned");
		assert_string_equal(get_str(a, "previous_node_id"), previous);
		assert_string_equal(get_str(a, "reason"), reason);
		assert_true(get_int(a, "epoch") > epochs[i]);
		assert_true(get_bool(a, "node.healthy"));
	}
}

static void
the_agents_of_a_killed_node_are_moved_in_time(void **state)
{
	struct musterd *l = musterd_start(*state, "-cluster", "l", CALM), *v;
	long long epochs[AGENTS];
	json_t *stats;
	long since;
	int i;

	wait_leader(l, "l");
	v = musterd_start(*state, "-cluster", "v", "-services", "s", QUICK);
	wait_node(l, "v");
	give(l, "v", epochs);
	musterd_start(*state, "-cluster", "w", "-services", "s", CALM);
	wait_node(l, "w");
	for (i = 0; i < AGENTS; i++)
		assert_int_equal(get_int(agent(l, i), "epoch"), epochs[i]);
	since = now_ms();
	musterd_kill(v);
	check_moved(l, "w", "v", "node_lost", epochs);
	assert_true(now_ms() - since >= GRACE_MS);
	assert_true(now_ms() - since <= NOTICED_MS);
	check_json(api(l->port, 200, "GET", NODES "/v", NULL), "status", "\"offline\"");
	check_json(api(l->port, 200, "GET", NODES "/v", NULL), "healthy", "false");
	wait_json(l->port, NODES "/v", "active_agents", "0", API_WAIT_MS);
	stats = api(l->port, 200, "GET", STATS, NULL);
	check_json(stats, "placements.node_lost", "3");
	check_json(stats, "agents.assigned", "3");
	check_json(stats, "nodes.offline", "1");
	check_json(api(l->port, 200, "GET", NODES "/w", NULL), "active_agents", "3");
}

static void
the_agents_of_a_killed_leader_are_moved_in_time(void **state)
{
	struct musterd *v = musterd_start(*state, "-cluster", "v", "-services", "s", QUICK), *w;
	long long epochs[AGENTS], term;
	long since;

	wait_leader(v, "v");
	wait_node(v, "v");
	give(v, "v", epochs);
	w = musterd_start(*state, "-cluster", "w", "-services", "s", CALM);
	wait_node(w, "w");
	term = get_int(api(w->port, 200, "GET", LEADER, NULL), "term");
	since = now_ms();
	musterd_kill(v);
	check_moved(w, "w", "v", "node_lost", epochs);
	/* The next leader first renews the heartbeats of all nodes. */
	assert_true(now_ms() - since <= LEASE_MS + NOTICED_MS);
	check_json(api(w->port, 200, "GET", LEADER, NULL), "leader_id", "\"w\"");
	assert_true(get_int(api(w->port, 200, "GET", LEADER, NULL), "term") > term);
}

static void
agents_without_capacity_wait_for_the_next_node(void **state)
{
	struct musterd *l = musterd_start(*state, "-cluster", "l", CALM), *v;
	long long epochs[AGENTS];
	int i;

	wait_leader(l, "l");
	v = musterd_start(*state, "-cluster", "v", "-services", "s", QUICK);
	wait_node(l, "v");
	give(l, "v", epochs);
	musterd_kill(v);
	wait_json(l->port, STATS, "agents.pending", "3", NOTICED_MS);
	for (i = 0; i < AGENTS; i++) {
		json_t *a = agent(l, i);

		assert_string_equal(get_str(a, "status"), "pending");
		get_null(a, "node_id");
		assert_string_equal(get_str(a, "previous_node_id"), "v");
		assert_string_equal(get_str(a, "reason"), "node_lost");
		assert_true(get_int(a, "epoch") > epochs[i]);
		epochs[i] = get_int(a, "epoch");
	}
	check_json(api(l->port, 200, "GET", STATS, NULL), "agents.assigned", "0");
	/* First there is room for two of them, then for all. */
	api(l->port, 201, "POST", NODES, "{\"id\":\"r\",\"services\":[\"s\"],\"max_agents\":2}");
	check_json(api(l->port, 200, "GET", STATS, NULL), "agents.pending", "1");
	api(l->port, 200, "POST", NODES, "{\"id\":\"r\",\"services\":[\"s\"],\"max_agents\":3}");
	check_moved(l, "r", "v", "node_lost", epochs);
	check_json(api(l->port, 200, "GET", STATS, NULL), "agents.pending", "0");
}

static void
a_returning_node_is_online_without_the_moved_agents(void **state)
{
	struct musterd *l = musterd_start(*state, "-cluster", "l", CALM), *v;
	long long epochs[AGENTS];
	int i;

	wait_leader(l, "l");
	v = musterd_start(*state, "-cluster", "v", "-services", "s", QUICK);
	wait_node(l, "v");
	give(l, "v", epochs);
	musterd_start(*state, "-cluster", "w", "-services", "s", CALM);
	wait_node(l, "w");
	/* It is stopped for a while and continues. */
	assert_true(process_freeze(v->pid));
	check_moved(l, "w", "v", "node_lost", epochs);
	wait_json(l->port, NODES "/v", "active_agents", "0", API_WAIT_MS);
	for (i = 0; i < AGENTS; i++)
		epochs[i] = get_int(agent(l, i), "epoch");
	process_thaw(v->pid);
	wait_node(l, "v");
	check_json(api(l->port, 200, "GET", NODES "/v", NULL), "incarnation", "1");
	check_json(api(l->port, 200, "GET", NODES "/v", NULL), "active_agents", "0");
	/* It dies, and another process with the same id starts. */
	musterd_kill(v);
	wait_json(l->port, NODES "/v", "status", "\"offline\"", API_WAIT_MS);
	musterd_start(*state, "-cluster", "v", "-services", "s", CALM);
	wait_node(l, "v");
	check_json(api(l->port, 200, "GET", NODES "/v", NULL), "incarnation", "2");
	for (i = 0; i < AGENTS; i++) {
		assert_int_equal(get_int(agent(l, i), "epoch"), epochs[i]);
		check_json(agent(l, i), "node_id", "\"w\"");
	}
	/* It has the fewest agents, so it gets the next one. */
	check_json(api(l->port, 201, "POST", ASSIGNMENTS,
	               "{\"agent_id\":\"b\",\"services\":[\"s\"],\"strategy\":\"least_agents\"}"),
	    "node_id", "\"v\"");
}

static void
a_node_back_within_the_grace_period_keeps_its_agents(void **state)
{
	struct musterd *l =
	    musterd_start(*state, "-cluster", "l", "-heartbeat-ttl", "60s", "-grace", "60s");
	struct musterd *v;
	long long epochs[AGENTS];
	int i;

	wait_leader(l, "l");
	v = musterd_start(*state, "-cluster", "v", "-services", "s", QUICK);
	wait_node(l, "v");
	give(l, "v", epochs);
	musterd_kill(v);
	/* Suspect: still online, but it gets no agents. */
	wait_json(l->port, NODES "/v", "healthy", "false", API_WAIT_MS);
	check_json(api(l->port, 200, "GET", NODES "/v", NULL), "status", "\"online\"");
	check_json(api_problem(l->port, 409, "no_capacity", "POST", ASSIGNMENTS,
	               "{\"agent_id\":\"b\",\"services\":[\"s\"]}"),
	    "reasons", "{\"service\":1,\"unhealthy\":1}");
	musterd_start(*state, "-cluster", "v", "-services", "s", CALM);
	wait_json(l->port, NODES "/v", "healthy", "true", API_WAIT_MS);
	check_json(api(l->port, 200, "GET", NODES "/v", NULL), "active_agents", "3");
	for (i = 0; i < AGENTS; i++)
		assert_int_equal(get_int(agent(l, i), "epoch"), epochs[i]);
}

struct beat {
	struct musterd *m;
	char last[32];
};

static bool
has_beaten(void *arg)
{
	struct beat *b = arg;
	json_t *n = api(b->m->port, 200, "GET", NODES "/v", NULL);

	return strcmp(get_str(n, "last_heartbeat"), b->last) != 0;
}

static void
a_draining_member_keeps_its_agents_and_gets_no_more(void **state)
{
	struct musterd *v = musterd_start(*state, "-cluster", "v", CALM), *w;
	struct beat beat = { .m = v };
	long long epoch;
	json_t *n;
	int i;

	wait_leader(v, "v");
	wait_node(v, "v");
	epoch = get_int(api(v->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"mine\"}"), "epoch");
	api(v->port, 200, "POST", NODES "/v", "{\"status\":\"draining\"}");
	w = musterd_start(*state, "-cluster", "w", CALM);
	wait_node(v, "w");
	/* Its own heartbeats do not end the draining. */
	for (i = 0; i < 2; i++) {
		n = api(v->port, 200, "GET", NODES "/v", NULL);
		snprintf(beat.last, sizeof(beat.last), "%s", get_str(n, "last_heartbeat"));
		assert_true(poll_until(has_beaten, &beat, API_WAIT_MS));
	}
	n = api(v->port, 200, "GET", NODES "/v", NULL);
	check_json(n, "status", "\"draining\"");
	check_json(n, "active_agents", "1");
	for (i = 0; i < 10; i++)
		check_json(api(w->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"b%d\"}", i)),
		    "node_id", "\"w\"");
	check_json(
	    api_problem(w->port, 409, "no_capacity", "POST", ASSIGNMENTS, "{\"agent_id\":\"c\"}"),
	    "reasons", "{\"draining\":1,\"full\":1}");
	check_json(api(w->port, 200, "GET", ASSIGNMENTS "/mine", NULL), "node_id", "\"v\"");
	n = api(w->port, 200, "GET", ASSIGNMENTS "/mine", NULL);
	assert_true(get_int(n, "epoch") == epoch);
}

/* A request to a front-end that died is repeated with another one. It is carried out once, by
 * either. */
static void
another_front_end_answers_for_a_killed_one(void **state)
{
	struct musterd *m[3];
	struct http_client client;
	int i, status;

	for (i = 0; i < 3; i++)
		m[i] = musterd_start(*state, "-heartbeat-ttl", "1h");
	api(m[0]->port, 201, "POST", NODES, "{\"id\":\"n\",\"max_agents\":1000}");
	assert_true(http_client_open(&client, "127.0.0.1", m[2]->port));
	for (i = 0; i < IN_FLIGHT; i++) {
		const char *body = fmt("{\"agent_id\":\"a%d\"}", i);

		assert_true(http_client_send_str(&client,
		    fmt("POST " ASSIGNMENTS
		        " HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
		        "Content-Length: %zu\r\n\r\n%s",
		        strlen(body), body)));
	}
	musterd_kill(m[2]);
	http_client_close(&client);
	for (i = 0; i < IN_FLIGHT; i++) {
		status = api_try(
		    m[i % 2]->port, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"}", i), NULL);
		assert_true(status == 200 || status == 201);
	}
	check_json(
	    api(m[0]->port, 200, "GET", NODES "/n", NULL), "active_agents", fmt("%d", IN_FLIGHT));
	check_json(api(m[1]->port, 200, "GET", ASSIGNMENTS "?limit=1000", NULL), "count",
	    fmt("%d", IN_FLIGHT));
	check_json(
	    api(m[1]->port, 200, "GET", STATS, NULL), "placements.requested", fmt("%d", IN_FLIGHT));
	/* Whichever was the leader, a remaining member is the leader now. */
	wait_status(m[1]->port, LEADER, 200, API_WAIT_MS);
}

int
main(void)
{
	const struct CMUnitTest deaths[] = {
		cluster_test(the_agents_of_a_killed_node_are_moved_in_time),
		cluster_test(the_agents_of_a_killed_leader_are_moved_in_time),
		cluster_test(agents_without_capacity_wait_for_the_next_node),
		cluster_test(a_returning_node_is_online_without_the_moved_agents),
		cluster_test(a_node_back_within_the_grace_period_keeps_its_agents),
		cluster_test(a_draining_member_keeps_its_agents_and_gets_no_more),
		cluster_test(another_front_end_answers_for_a_killed_one),
	};

	return test_program(deaths);
}
