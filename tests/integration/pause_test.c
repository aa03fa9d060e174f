/*
 * When Redis is frozen, paused or restarted for longer than the heartbeats last, no node is
 * declared dead and no agent is moved.
 */
#include "support/cluster.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define STATS       "/api/cluster/stats"

enum { TTL_MS = 900, GRACE_MS = 300, AGENTS = 20 };

/* Two members, so that three expired nodes cannot start a hold, which would hide a failure. */
static struct musterd *
start(struct cluster *c)
{
	struct musterd *m[2];
	int i;

	for (i = 0; i < 2; i++)
		m[i] = musterd_start(c, "-cluster", i == 0 ? "n0" : "n1", "-max-agents", "50",
		    "-heartbeat-ttl", "900ms", "-heartbeat-interval", "200ms", "-grace", "300ms",
		    "-lease-ttl", "500ms");
	wait_json(m[0]->port, STATS, "nodes.healthy", "2", API_WAIT_MS);
	for (i = 0; i < AGENTS; i++)
		api(m[i % 2]->port, 201, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"}", i));
	return m[0];
}

/* All epochs, which change with every move. */
static char *
epochs(struct musterd *m)
{
	json_t *list = api(m->port, 200, "GET", ASSIGNMENTS "?limit=1000", NULL);
	char *text = NULL;
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < (size_t)get_int(list, "count"); i++)
		json_array_append(all, json_find(list, fmt("assignments.%zu.epoch", i)));
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return text;
}

static bool
answers(void *arg)
{
	struct musterd *m = arg;

	return api_try(m->port, "GET", STATS, NULL, NULL) == 200;
}

static bool
somebody_died(void *arg)
{
	struct musterd *m = arg;
	json_t *stats;

	return api_try(m->port, "GET", STATS, NULL, &stats) == 200 &&
	    (get_int(stats, "nodes.offline") > 0 || get_int(stats, "placements.node_lost") > 0);
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

/* Waits until Redis is back and everything serves. No node may have been declared dead and no agent
 * moved. */
static void
check_nothing_happened(struct cluster *c, struct musterd *m, const char *before)
{
	char *after;

	assert_true(poll_until(answers, m, API_WAIT_MS));
	assert_false(poll_until(somebody_died, m, 2 * (TTL_MS + GRACE_MS)));
	wait_json(m->port, STATS, "nodes.healthy", "2", API_WAIT_MS);
	after = epochs(m);
	assert_string_equal(after, before);
	free(after);
	assert_string_equal(redis_do(c, "EXISTS muster:{default}:evacuating"), "0");
}

static void
no_node_dies_while_redis_is_frozen(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);
	char *before = epochs(m);

	assert_true(process_freeze(c->redis));
	assert_false(poll_until(never, NULL, 3 * TTL_MS));
	process_thaw(c->redis);
	check_nothing_happened(c, m, before);
	free(before);
}

static void
no_node_dies_while_redis_pauses_its_clients(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);
	char *before = epochs(m);

	redis_do(c, fmt("CLIENT PAUSE %d ALL", 3 * TTL_MS));
	check_nothing_happened(c, m, before);
	free(before);
}

static void
no_node_dies_while_redis_restarts_with_its_data(void **state)
{
	struct cluster *c = *state;
	struct musterd *m;
	char *before;

	redis_end(c);
	c->appendonly = true;
	redis_start(c);
	m = start(c);
	before = epochs(m);
	redis_end(c);
	assert_false(poll_until(never, NULL, 3 * TTL_MS));
	redis_start(c);
	check_nothing_happened(c, m, before);
	free(before);
}

static void
a_node_that_dies_while_redis_is_frozen_is_noticed_later(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = start(c);

	wait_json(m->port, "/api/cluster/leader", "leader_id", "\"n0\"", API_WAIT_MS);
	assert_true(process_freeze(c->redis));
	musterd_kill(&c->musterd[1]);
	assert_false(poll_until(never, NULL, TTL_MS));
	process_thaw(c->redis);
	assert_true(poll_until(answers, m, API_WAIT_MS));
	wait_json(m->port, NODES "/n1", "status", "\"offline\"", API_WAIT_MS);
	wait_json(m->port, NODES "/n0", "active_agents", fmt("%d", AGENTS), API_WAIT_MS);
}

static void
the_death_of_a_leader_is_noticed_in_time(void **state)
{
	struct cluster *c = *state;
	struct musterd *survivor;
	long since;

	start(c);
	survivor = &c->musterd[1];
	wait_json(survivor->port, "/api/cluster/leader", "leader_id", "\"n0\"", API_WAIT_MS);
	/* The surviving node had Redis all the time, so it need not give the dead one another
	 * TTL. */
	assert_false(poll_until(never, NULL, TTL_MS));
	since = now_ms();
	musterd_kill(&c->musterd[0]);
	wait_json(survivor->port, NODES "/n1", "active_agents", fmt("%d", AGENTS), API_WAIT_MS);
	assert_true(now_ms() - since < TTL_MS + GRACE_MS + 1000);
}

int
main(void)
{
	const struct CMUnitTest pause[] = {
		cluster_test(no_node_dies_while_redis_is_frozen),
		cluster_test(no_node_dies_while_redis_pauses_its_clients),
		cluster_test(no_node_dies_while_redis_restarts_with_its_data),
		cluster_test(a_node_that_dies_while_redis_is_frozen_is_noticed_later),
		cluster_test(the_death_of_a_leader_is_noticed_in_time),
	};

	return test_program(pause);
}
