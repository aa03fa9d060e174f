/* The queue, drained by a running leader when a node with room registers. */
#include "support/cluster.h"
#include "support/http_client.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define STATS       "/api/cluster/stats"

enum {
	WAITING = 3000,
	BATCH = 1000,
	SETS = 8,
	/* About 0.4 s on an idle machine; one batch a tick would take 37 s. */
	DRAINED_MS = 6000
};

/* Queues agents 0 to WAITING - 1. Every other one wants one of SETS services. */
static void
queue_agents(struct musterd *m)
{
	int i, j;

	for (i = 0; i < WAITING; i += BATCH) {
		json_t *agents = json_array(), *body = json_pack("{s:o}", "agents", agents);
		char *text;

		for (j = i; j < i + BATCH; j++) {
			json_t *services = json_array();

			if (j % 2 == 0)
				json_array_append_new(services, json_string(fmt("s%d", j % SETS)));
			json_array_append_new(agents,
			    json_pack("{s:s, s:o, s:b}", "agent_id", fmt("a%d", j), "services",
			        services, "queue", 1));
		}
		text = json_dumps(body, 0);
		api(m->port, 200, "POST", ASSIGNMENTS "/batch", text);
		free(text);
		json_decref(body);
	}
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.pending", "3000");
}

static void
thousands_that_wait_are_placed_soon_after_a_node_registers(void **state)
{
	struct musterd *m = musterd_start(*state, "-cluster", "l", "-max-agents", "0");
	json_t *a;
	long since;

	wait_json(m->port, "/api/cluster/leader", "leader_id", "\"l\"", API_WAIT_MS);
	queue_agents(m);
	since = now_ms();
	api(m->port, 201, "POST", NODES,
	    "{\"id\":\"n\",\"max_agents\":5000,"
	    "\"services\":[\"s0\",\"s1\",\"s2\",\"s3\",\"s4\",\"s5\",\"s6\",\"s7\"]}");
	/* There is room for all that wait and for more, so a newcomer is not refused meanwhile. */
	a = api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"new\"}");
	assert_string_equal(get_str(a, "node_id"), "n");
	wait_json(m->port, STATS, "agents.pending", "0", DRAINED_MS);
	print_message("%d agents were placed in %ld ms\n", WAITING, now_ms() - since);
	check_json(api(m->port, 200, "GET", STATS, NULL), "agents.assigned", "3001");
}

int
main(void)
{
	const struct CMUnitTest queue[] = {
		cluster_test(thousands_that_wait_are_placed_soon_after_a_node_registers),
	};

	return test_program(queue);
}
