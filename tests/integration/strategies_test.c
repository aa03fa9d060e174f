/* How each strategy distributes agents over nodes, and how the strategy is selected. */
#include "support/cluster.h"

#include <math.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define BALANCE     "/api/cluster/balance"

static void
add_node(struct musterd *m, const char *id, const char *fields)
{
	api(m->port, 201, "POST", NODES, fmt("{\"id\":\"%s\"%s}", id, fields));
}

/* Assigns agent `i`. Returns the id of its node. */
static const char *
place(struct musterd *m, int i, const char *fields)
{
	return get_str(
	    api(m->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"%s}", i, fields)),
	    "node_id");
}

static void
release(struct musterd *m, int i)
{
	api(m->port, 204, "DELETE", fmt("%s/a%d", ASSIGNMENTS, i), NULL);
}

static int
agents_on(struct musterd *m, const char *id)
{
	return (int)get_int(
	    api(m->port, 200, "GET", fmt("%s/%s", NODES, id), NULL), "active_agents");
}

static void
round_robin_gives_each_node_the_same_number(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	int i, count[5];

	for (i = 0; i < 5; i++)
		add_node(m, fmt("n%d", i), ",\"max_agents\":100");
	for (i = 0; i < 35; i++) {
		place(m, i, ",\"strategy\":\"round_robin\"");
		/* Releases and other strategies must not change the order. */
		if (i % 3 == 0)
			release(m, i);
	}
	memset(count, 0, sizeof(count));
	for (i = 100; i < 140; i++)
		count[place(m, i, ",\"strategy\":\"round-robin\"")[1] - '0']++;
	for (i = 0; i < 5; i++)
		assert_int_equal(count[i], 8);
}

static void
round_robin_takes_turns_across_classes(void **state)
{
	struct musterd *m = musterd_start(*state, "-strategy", "round_robin");
	const char *order = "", *second = "";
	int i;

	add_node(m, "n0", ",\"services\":[\"x\"]");
	add_node(m, "n1", ",\"services\":[\"x\",\"y\"]");
	add_node(m, "n2", ",\"services\":[\"z\",\"x\"]");
	add_node(m, "n3", ",\"services\":[\"x\"]");
	for (i = 0; i < 4; i++)
		order = fmt("%s %s", order, place(m, i, ",\"services\":[\"x\"]"));
	assert_string_equal(order, " n0 n1 n2 n3");
	/* A node that was chosen out of turn goes to the end. */
	assert_string_equal(place(m, 4, ",\"services\":[\"z\"]"), "n2");
	for (i = 5; i < 9; i++)
		second = fmt("%s %s", second, place(m, i, ",\"services\":[\"x\"]"));
	assert_string_equal(second, " n0 n1 n3 n2");
}

static void
least_loaded_follows_its_formula(void **state)
{
	static const struct {
		double cpu, memory;
		int most;
	} node[4] = { { 50, 20, 10 }, { 10, 80, 40 }, { 35, 35, 5 }, { 20, 60, 20 } };
	struct musterd *m = musterd_start_plain(*state);
	int agents[4] = { 0 }, i, k;

	for (i = 0; i < 4; i++) {
		add_node(m, fmt("n%d", i), fmt(",\"max_agents\":%d", node[i].most));
		api(m->port, 200, "POST", fmt("%s/n%d", NODES, i),
		    fmt("{\"cpu_usage\":%g,\"memory_usage\":%g,\"disk_usage\":%d,\"load_average\":%"
		        "d}",
		        node[i].cpu, node[i].memory, 90 - i, i));
	}
	for (i = 0; i < 60; i++) {
		int best = -1, got;
		double least = 2;

		for (k = 0; k < 4; k++) {
			double load = 0.4 * node[k].cpu / 100 + 0.3 * node[k].memory / 100 +
			    0.3 * agents[k] / node[k].most;

			if (agents[k] < node[k].most && load < least - 1e-12) {
				least = load;
				best = k;
			}
		}
		got = place(m, i, "")[1] - '0';
		assert_int_equal(got, best);
		agents[best]++;
		assert_true(fabs(get_num(api(m->port, 200, "GET", fmt("%s/n%d", NODES, best), NULL),
		                     "load") -
		                (least + 0.3 / node[best].most)) < 1e-4);
	}
}

static void
least_loaded_weights_can_be_configured(void **state)
{
	struct musterd *m = musterd_start(*state, "-load-weights", "0,1,0");

	add_node(m, "busy-cpu", "");
	api(m->port, 200, "POST", NODES "/busy-cpu", "{\"cpu_usage\":90,\"memory_usage\":10}");
	add_node(m, "busy-memory", "");
	api(m->port, 200, "POST", NODES "/busy-memory", "{\"cpu_usage\":0,\"memory_usage\":20}");
	assert_string_equal(place(m, 1, ""), "busy-cpu");
	assert_string_equal(place(m, 2, ""), "busy-cpu");
	check_json(api(m->port, 200, "GET", NODES "/busy-cpu", NULL), "load", "0.1");
}

static void
least_agents_only_counts_agents(void **state)
{
	struct musterd *m = musterd_start(*state, "-strategy", "least-agents");
	int i;

	add_node(m, "n0", ",\"max_agents\":100");
	add_node(m, "n1", ",\"max_agents\":3");
	add_node(m, "n2", ",\"max_agents\":1000");
	api(m->port, 200, "POST", NODES "/n0", "{\"cpu_usage\":100,\"memory_usage\":100}");
	for (i = 0; i < 9; i++)
		assert_int_equal(place(m, i, "")[1] - '0', i % 3);
	release(m, 2);
	release(m, 5);
	assert_string_equal(place(m, 9, ""), "n2");
	assert_string_equal(place(m, 10, ""), "n2");
	assert_string_equal(place(m, 11, ""), "n0");
}

static void
random_is_uniform(void **state)
{
	struct musterd *m = musterd_start(*state, "-strategy", "random");
	enum { N = 8, DRAWS = 1600 };
	int count[N] = { 0 }, i, last = -1, repeats = 0;
	double chi = 0;

	/* Classes and sizes differ, which must not matter. */
	for (i = 0; i < N; i++)
		add_node(m, fmt("n%d", i),
		    fmt(",\"max_agents\":%d%s", 2000 + i, i < 2 ? ",\"services\":[\"x\"]" : ""));
	for (i = 0; i < DRAWS; i++) {
		int got = place(m, i, "")[1] - '0';

		count[got]++;
		repeats += got == last;
		last = got;
	}
	for (i = 0; i < N; i++)
		chi += pow(count[i] - (double)DRAWS / N, 2) / ((double)DRAWS / N);
	/* With 7 degrees of freedom, chi-square exceeds 41.2 once in a million times. */
	assert_true(chi < 42);
	/* On average 200 repeats, with a standard deviation of 13.2: six of them are allowed. */
	assert_true(repeats > 120 && repeats < 280);
}

/* Checks that each node's share of the agents differs from its weight's by at most one. */
static void
check_shares(struct musterd *m, const int *weight, int n, int total)
{
	int sum = 0, i;

	for (i = 0; i < n; i++)
		sum += weight[i];
	for (i = 0; i < n; i++) {
		double share = (double)total * weight[i] / sum;

		assert_true(fabs(agents_on(m, fmt("n%d", i)) - share) <= 1.0);
	}
}

static void
weighted_shares_are_exact_to_one_agent(void **state)
{
	static const int weight[] = { 3, 5, 10, 7, 1 };
	struct musterd *m = musterd_start(*state, "-strategy", "weighted");
	int i, gone = 0, at[260];

	for (i = 0; i < 5; i++)
		add_node(m, fmt("n%d", i), fmt(",\"max_agents\":500,\"weight\":%d", weight[i]));
	for (i = 1; i <= 130; i++) {
		at[i] = place(m, i, "")[1] - '0';
		if (i % 13 == 0)
			check_shares(m, weight, 5, i);
	}
	/* Forty agents of one node are released; new ones fill it again. */
	for (i = 1; i <= 130 && gone < 40; i++) {
		if (at[i] == 2) {
			release(m, i);
			gone++;
		}
	}
	assert_int_equal(gone, 40);
	for (i = 131; i <= 170; i++)
		assert_int_equal(place(m, i, "")[1] - '0', 2);
	check_shares(m, weight, 5, 130);
	for (i = 171; i <= 200; i++)
		place(m, i, "");
	check_shares(m, weight, 5, 160);
}

/* Assigns agents `from` up to `to`, with these fields; expects all of them on this node. */
static void
all_go_to(struct musterd *m, int from, int to, const char *fields, const char *id)
{
	int i;

	for (i = from; i <= to; i++)
		assert_string_equal(place(m, i, fields), id);
}

static void
packed_fills_one_node_after_the_other(void **state)
{
	struct musterd *m = musterd_start(*state, "-strategy", "packed");

	add_node(m, "n1", ",\"max_agents\":4");
	add_node(m, "n0", ",\"max_agents\":2");
	add_node(m, "n2", ",\"max_agents\":3");
	/* All are empty: the first by id, and then it is the fullest until it has no room. */
	all_go_to(m, 1, 2, "", "n0");
	all_go_to(m, 3, 6, "", "n1");
	all_go_to(m, 7, 8, "", "n2");
	/* n0 is half full, n1 three quarters, n2 two thirds: what counts is the share. */
	release(m, 1);
	release(m, 3);
	assert_string_equal(place(m, 9, ""), "n1");
	assert_string_equal(place(m, 10, ""), "n2");
	assert_string_equal(place(m, 11, ""), "n0");
	api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS, "{\"agent_id\":\"more\"}");
}

static void
packed_goes_by_id_where_nodes_are_equally_full(void **state)
{
	struct musterd *m = musterd_start(*state, "-strategy", "packed");

	/* Three classes. Each node is made half full by agents that only it can take. */
	add_node(m, "n2", ",\"max_agents\":4,\"services\":[\"c\"]");
	add_node(m, "n1", ",\"max_agents\":2,\"services\":[\"b\"]");
	add_node(m, "n0", ",\"max_agents\":8,\"services\":[\"a\"]");
	all_go_to(m, 1, 4, ",\"services\":[\"a\"]", "n0");
	all_go_to(m, 5, 5, ",\"services\":[\"b\"]", "n1");
	all_go_to(m, 6, 7, ",\"services\":[\"c\"]", "n2");
	all_go_to(m, 8, 11, "", "n0");
	all_go_to(m, 12, 12, "", "n1");
	all_go_to(m, 13, 14, "", "n2");
}

static void
weight_defaults_to_max_agents(void **state)
{
	static const int weight[] = { 10, 30, 20 };
	struct musterd *m = musterd_start(*state, "-strategy", "weighted");
	int i;

	for (i = 0; i < 3; i++)
		add_node(m, fmt("n%d", i), fmt(",\"max_agents\":%d", weight[i]));
	for (i = 0; i < 30; i++)
		place(m, i, "");
	check_shares(m, weight, 3, 30);
}

static void
a_request_overrides_the_clusters_strategy(void **state)
{
	struct musterd *m = musterd_start_plain(*state);
	json_t *a;

	add_node(m, "n0", ",\"max_agents\":2,\"weight\":1");
	add_node(m, "n1", ",\"max_agents\":100,\"weight\":1");
	assert_string_equal(place(m, 1, ",\"strategy\":\"least_agents\""), "n0");
	/* least_loaded: 0.15 compared with 0.003 and less. */
	assert_string_equal(place(m, 2, ""), "n1");
	assert_string_equal(place(m, 3, ""), "n1");
	assert_string_equal(place(m, 4, ",\"strategy\":\"least-agents\""), "n0");
	a = api(m->port, 200, "GET", ASSIGNMENTS "/a4", NULL);
	check_json(a, "strategy", "\"least_agents\"");
	check_json(
	    api(m->port, 200, "GET", ASSIGNMENTS "/a3", NULL), "strategy", "\"least_loaded\"");
	check_json(api(m->port, 200, "GET", BALANCE, NULL), "strategy", "\"least_loaded\"");
	/* n0 is full: it gets no more agents by any strategy. */
	assert_string_equal(place(m, 5, ",\"strategy\":\"least_agents\""), "n1");
	assert_string_equal(place(m, 6, ",\"strategy\":\"weighted\""), "n1");
	assert_string_equal(place(m, 7, ",\"strategy\":\"round_robin\""), "n1");
	assert_string_equal(place(m, 8, ",\"strategy\":\"random\""), "n1");
}

static void
a_new_strategy_takes_effect_on_every_front_end(void **state)
{
	struct musterd *a = musterd_start_plain(*state), *b = musterd_start_plain(*state);
	json_t *balance;
	int i;

	balance = api(a->port, 200, "GET", BALANCE, NULL);
	check_json(balance, "strategy", "\"least_loaded\"");
	check_json(balance, "strategies",
	    "[\"round_robin\",\"least_loaded\",\"least_agents\",\"random\",\"weighted\","
	    "\"packed\"]");
	for (i = 0; i < 3; i++)
		add_node(a, fmt("n%d", i), fmt(",\"max_agents\":%d", 10 + 45 * i));
	assert_string_equal(place(b, 0, ""), "n0");
	assert_string_equal(place(b, 1, ""), "n1");
	balance = api(a->port, 200, "POST", BALANCE, "{\"strategy\":\"least-agents\"}");
	assert_non_null(api_header("X-Cluster-Index"));
	check_json(balance, "", "{\"strategy\":\"least_agents\",\"previous\":\"least_loaded\"}");
	check_json(api(b->port, 200, "GET", BALANCE, NULL), "strategy", "\"least_agents\"");
	check_json(
	    api(b->port, 200, "GET", "/api/cluster/stats", NULL), "strategy", "\"least_agents\"");
	assert_string_equal(place(b, 2, ""), "n2");
	assert_string_equal(place(b, 3, ""), "n0");
	check_json(
	    api(a->port, 200, "GET", ASSIGNMENTS "/a3", NULL), "strategy", "\"least_agents\"");
	balance = api(b->port, 200, "POST", BALANCE, "{\"strategy\":\"weighted\"}");
	check_json(balance, "previous", "\"least_agents\"");
	/* n0 has 2.5 / 10, n1 1.5 / 55, n2 1.5 / 100 */
	assert_string_equal(place(a, 4, ""), "n2");
	assert_string_equal(place(a, 5, ""), "n2");
	assert_string_equal(place(b, 6, ""), "n1");
}

static void
changing_the_strategy_keeps_all_nodes(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start_plain(c);
	enum { N = 600 };
	char *seen = calloc(N, 1);
	int i, k, missing = 0;

	/* More than one step of building an index; nodes are full or have different loads. */
	for (i = 0; i < N; i++)
		add_node(m, fmt("n%03d", i), ",\"max_agents\":1");
	check_json(api(m->port, 200, "POST", BALANCE, "{\"strategy\":\"round_robin\"}"), "previous",
	    "\"least_loaded\"");
	for (i = 0; i < N; i++) {
		k = (int)strtol(place(m, i, "") + 1, NULL, 10);
		assert_int_equal(seen[k], 0);
		seen[k] = 1;
	}
	for (i = 0; i < N; i++)
		missing += !seen[i];
	free(seen);
	assert_int_equal(missing, 0);
	api_problem(m->port, 409, "no_capacity", "POST", ASSIGNMENTS, "{\"agent_id\":\"more\"}");
}

static void
unknown_strategies_are_refused(void **state)
{
	static const char *const names[] = { "fastest", "names", "named", "Random", "round robin",
		"least_loaded_", "weighted;" };
	struct musterd *m = musterd_start_plain(*state);
	size_t i;

	add_node(m, "n", "");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *p = api_problem(m->port, 400, "unknown_strategy", "POST", BALANCE,
		    fmt("{\"strategy\":\"%s\"}", names[i]));

		assert_non_null(strstr(get_str(p, "detail"), "strategy"));
		api_problem(m->port, 400, "unknown_strategy", "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"a\",\"strategy\":\"%s\"}", names[i]));
	}
	check_json(api(m->port, 200, "GET", BALANCE, NULL), "strategy", "\"least_loaded\"");
	check_json(api(m->port, 200, "GET", ASSIGNMENTS, NULL), "count", "0");
}

int
main(void)
{
	const struct CMUnitTest strategies[] = {
		cluster_test(round_robin_gives_each_node_the_same_number),
		cluster_test(round_robin_takes_turns_across_classes),
		cluster_test(least_loaded_follows_its_formula),
		cluster_test(least_loaded_weights_can_be_configured),
		cluster_test(least_agents_only_counts_agents),
		cluster_test(random_is_uniform),
		cluster_test(weighted_shares_are_exact_to_one_agent),
		cluster_test(packed_fills_one_node_after_the_other),
		cluster_test(packed_goes_by_id_where_nodes_are_equally_full),
		cluster_test(weight_defaults_to_max_agents),
		cluster_test(a_request_overrides_the_clusters_strategy),
		cluster_test(a_new_strategy_takes_effect_on_every_front_end),
		cluster_test(changing_the_strategy_keeps_all_nodes),
		cluster_test(unknown_strategies_are_refused),
	};

	return test_program(strategies);
}
