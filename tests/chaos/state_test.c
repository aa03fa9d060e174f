/*
 * The checks of the state find every kind of planted error in a real state, and nothing in a
 * correct one. The front-end here does no housekeeping, so nothing repairs the errors.
 */
#include "chaos/dump.h"
#include "chaos/replay.h"
#include "chaos/state.h"
#include "support/cluster.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define KEY(name)   "muster:{default}:" name
#define PREFIX      KEY("")
#define EVENT(fields) "XADD " KEY("events") " * type " fields " epoch 9999999999999"
#define SPREAD                                                   \
	"\"labels\":{\"parity\":\"even\"},\"group\":\"g\"," \
	"\"spread\":{\"by\":\"zone\",\"max\":1}"

struct world {
	struct cluster *c;
	struct musterd *m;
	redisContext *redis;
	struct findings f;
};

/* Requires what only n1 and n2 have. */
static void
assign_with(struct world *w, const char *agent, const char *requirements, int status)
{
	api(w->m->port, status, "POST", ASSIGNMENTS,
	    fmt("{\"agent_id\":\"%s\",\"queue\":true,%s}", agent, requirements));
}

static void
assign(struct world *w, const char *agent, const char *strategy, const char *service, int status)
{
	api(w->m->port, status, "POST", ASSIGNMENTS,
	    fmt("{\"agent_id\":\"%s\",\"strategy\":\"%s\",\"services\":[%s],\"queue\":true}", agent,
	        strategy, service));
}

/* Three nodes, one of them draining and one with another service; agents by all strategies; a
 * queue. */
static int
world_setup(void **state)
{
	static const char *const strategies[] = { "least_loaded", "least_agents", "round_robin",
		"random", "weighted" };
	struct world *w = calloc(1, sizeof(*w));
	int i;

	cluster_setup((void **)&w->c);
	w->m = musterd_start(w->c, "-role", "replica", "-heartbeat-ttl", "1h");
	for (i = 1; i <= 3; i++)
		api(w->m->port, 201, "POST", NODES,
		    fmt("{\"id\":\"n%d\",\"max_agents\":%d,\"services\":[%s],\"zone\":\"z%d\","
		        "\"labels\":{\"parity\":\"%s\"},\"resources\":{\"slot\":%d}}",
		        i, 6 * i, i == 3 ? "\"gpu\"" : "", i, i == 2 ? "even" : "odd", i));
	api(w->m->port, 200, "POST", NODES "/n1", "{\"cpu_usage\":12.345,\"memory_usage\":50}");
	assign(w, "g", "least_loaded", "\"gpu\"", 201);
	api(w->m->port, 200, "POST", NODES "/n3", "{\"status\":\"draining\",\"load_average\":1.5}");
	for (i = 0; i < 10; i++)
		assign(w, fmt("a%d", i), strategies[i % 5], "", 201);
	assign(w, "p1", "least_loaded", "\"gpu\"", 202);
	assign(w, "p2", "least_loaded", "\"gpu\"", 202);
	api(w->m->port, 204, "DELETE", ASSIGNMENTS "/a9", NULL);
	assign_with(w, "s1", "\"resources\":{\"slot\":2}", 201);
	assign_with(w, "s2", "\"resources\":{\"slot\":4}", 202);
	assign_with(w, "z1", SPREAD, 201);
	assign_with(w, "z2", SPREAD, 202);
	w->redis = redisConnectUnix(w->c->socket);
	assert_int_equal(w->redis->err, 0);
	*state = w;
	return 0;
}

static int
world_teardown(void **state)
{
	struct world *w = *state;

	redisFree(w->redis);
	cluster_teardown((void **)&w->c);
	free(w);
	return 0;
}

#define world_test(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

static json_t *
read_state(struct world *w)
{
	json_t *dump = dump_read(w->redis, PREFIX);

	assert_non_null(dump);
	return dump;
}

static void
check_state(struct world *w)
{
	json_t *dump = read_state(w);

	w->f.count = 0;
	state_check(dump, &w->f);
	json_decref(dump);
}

static void
a_correct_state_passes(void **state)
{
	struct world *w = *state;
	json_t *dump = read_state(w);

	assert_string_equal(dump_text(dump, "node:n1", "role"), "worker");
	assert_int_equal(dump_size(dump, "nodes"), 3);
	assert_int_equal(dump_size(dump, "roster:1"), 16);
	assert_int_equal(dump_number(dump, "totals", "pending"), 4);
	assert_true(json_is_null(json_object_get(dump, "events")));
	json_decref(dump);
	check_state(w);
	findings_print(&w->f, 0);
	assert_int_equal(w->f.count, 0);
}

/* A command that breaks a correct state, the finding that it must cause, and a command that repairs
 * it. */
static const struct {
	const char *plant, *mend;
	enum finding_kind kind;
} plants[] = {
	{ "HINCRBY " KEY("roster:1") " a1 1", "HINCRBY " KEY("roster:1") " a1 -1", FINDING_LIST },
	{ "HSET " KEY("roster:1") " x 13", "HDEL " KEY("roster:1") " x", FINDING_LIST },
	{ "RENAME " KEY("roster:1") " " KEY("roster:2"), "RENAME " KEY("roster:2") " " KEY("roster:1"),
	    FINDING_LIST },
	{ "ZREM " KEY("roster") " 1", "ZADD " KEY("roster") " 1 1", FINDING_LIST },
	{ "ZREM " KEY("nodes") " n2", "ZADD " KEY("nodes") " 0 n2", FINDING_LIST },
	{ "ZADD " KEY("nodes") " 0 x", "ZREM " KEY("nodes") " x", FINDING_LIST },
	{ "RENAME " KEY("node:n3") " away", "RENAME away " KEY("node:n3"), FINDING_OWNER },
	{ "ZREM " KEY("node_agents:n3") " g", "ZADD " KEY("node_agents:n3") " 0 g",
	    FINDING_REVERSE_INDEX },
	{ "ZADD " KEY("node_agents:n1") " 0 g", "ZREM " KEY("node_agents:n1") " g",
	    FINDING_REVERSE_INDEX },
	{ "HINCRBY " KEY("node:n2") " active_agents 1",
	    "HINCRBY " KEY("node:n2") " active_agents -1", FINDING_ACTIVE_AGENTS },
	{ "HSET " KEY("node:n2") " max_agents 1", "HSET " KEY("node:n2") " max_agents 12",
	    FINDING_OVER_CAPACITY },
	{ "HINCRBY " KEY("totals") " departed 1", "HINCRBY " KEY("totals") " departed -1",
	    FINDING_TOTALS },
	{ "HINCRBY " KEY("totals") " pending -1", "HINCRBY " KEY("totals") " pending 1",
	    FINDING_TOTALS },
	{ "HINCRBY " KEY("totals") " capacity 1", "HINCRBY " KEY("totals") " capacity -1",
	    FINDING_TOTALS },
	{ "HINCRBY " KEY("totals") " room 1", "HINCRBY " KEY("totals") " room -1", FINDING_TOTALS },
	{ "HINCRBY " KEY("totals") " cpu_usage 1", "HINCRBY " KEY("totals") " cpu_usage -1",
	    FINDING_TOTALS },
	{ "HINCRBY " KEY("totals") " nodes_draining 1",
	    "HINCRBY " KEY("totals") " nodes_draining -1", FINDING_TOTALS },
	{ "HINCRBY " KEY("class:worker/gpu") " draining 1",
	    "HINCRBY " KEY("class:worker/gpu") " draining -1", FINDING_CLASS_COUNTER },
	{ "SREM " KEY("classes") " worker/gpu", "SADD " KEY("classes") " worker/gpu",
	    FINDING_CLASS_COUNTER },
	{ "SADD " KEY("classes") " worker/x", "SREM " KEY("classes") " worker/x",
	    FINDING_CLASS_COUNTER },
	{ "ZREM " KEY("placement:random:worker/") " n1",
	    "ZADD " KEY("placement:random:worker/") " 0 n1", FINDING_PLACEMENT_MISSING },
	{ "ZADD " KEY("placement:weighted:worker/") " 0 n3",
	    "ZREM " KEY("placement:weighted:worker/") " n3", FINDING_PLACEMENT_STALE },
	{ "ZADD " KEY("placement:other:worker/") " 0 n1", "DEL " KEY("placement:other:worker/"),
	    FINDING_PLACEMENT_STALE },
	{ "ZINCRBY " KEY("placement:least_agents:worker/") " 1 n2",
	    "ZINCRBY " KEY("placement:least_agents:worker/") " -1 n2", FINDING_PLACEMENT_SCORE },
	{ "ZINCRBY " KEY("placement:weighted:worker/") " 0.125 n2",
	    "ZINCRBY " KEY("placement:weighted:worker/") " -0.125 n2", FINDING_PLACEMENT_SCORE },
	{ "HSET " KEY("node:n1") " report 13\t50\t0\t0\t1\t9000",
	    "HSET " KEY("node:n1") " report 12.345\t50\t0\t0\t1\t9000", FINDING_PLACEMENT_SCORE },
	{ "ZINCRBY " KEY("pending") " 5 p1", "ZINCRBY " KEY("pending") " -5 p1", FINDING_PENDING },
	{ "ZADD " KEY("pending") " 99 a1", "ZREM " KEY("pending") " a1", FINDING_PENDING },
	{ "ZINCRBY " KEY("pending_group:gpu") " 5 p1", "ZINCRBY " KEY("pending_group:gpu") " -5 p1",
	    FINDING_PENDING },
	{ "ZINCRBY " KEY("pending_groups") " 1 gpu", "ZINCRBY " KEY("pending_groups") " -1 gpu",
	    FINDING_PENDING },
	{ "ZADD " KEY("pending_groups") " 1 x", "ZREM " KEY("pending_groups") " x",
	    FINDING_PENDING },
	{ "ZINCRBY " KEY("class_waiting:worker/gpu") " 1 gpu",
	    "ZINCRBY " KEY("class_waiting:worker/gpu") " -1 gpu", FINDING_PENDING },
	{ "RENAME " KEY("class_waiting:worker/gpu") " away",
	    "RENAME away " KEY("class_waiting:worker/gpu"), FINDING_PENDING },
	{ "ZADD " KEY("class_waiting:worker/") " 1 gpu",
	    "ZREM " KEY("class_waiting:worker/") " gpu", FINDING_PENDING },
	/* What an agent that has gone had taken is not given back; more is taken than there is. */
	{ "HSET " KEY("node:n2") " allocated slot=3", "HSET " KEY("node:n2") " allocated slot=2",
	    FINDING_RESOURCES },
	{ "HSET " KEY("node:n1") " allocated slot=1", "HDEL " KEY("node:n1") " allocated",
	    FINDING_RESOURCES },
	{ "ZINCRBY " KEY("resource:slot") " 1 n2", "ZINCRBY " KEY("resource:slot") " -1 n2",
	    FINDING_REQUIREMENTS },
	{ "HINCRBY " KEY("resources") " allocated:slot 1",
	    "HINCRBY " KEY("resources") " allocated:slot -1", FINDING_REQUIREMENTS },
	{ "HINCRBY " KEY("resources") " total:slot 1", "HINCRBY " KEY("resources") " total:slot -1",
	    FINDING_REQUIREMENTS },
	{ "ZINCRBY " KEY("group_nodes:g") " 1 n2", "ZINCRBY " KEY("group_nodes:g") " -1 n2",
	    FINDING_REQUIREMENTS },
	{ "ZADD " KEY("group_domains:zone/g") " 1 z1", "ZREM " KEY("group_domains:zone/g") " z1",
	    FINDING_REQUIREMENTS },
	{ "HINCRBY " KEY("node_groups:n2") " g 1", "HINCRBY " KEY("node_groups:n2") " g -1",
	    FINDING_REQUIREMENTS },
	{ "SADD " KEY("trait:zone=z1") " n2", "SREM " KEY("trait:zone=z1") " n2",
	    FINDING_REQUIREMENTS },
	{ "SREM " KEY("trait:label:parity=odd") " n1", "SADD " KEY("trait:label:parity=odd") " n1",
	    FINDING_REQUIREMENTS },
	{ "ZINCRBY " KEY("domains:zone") " 1 z1", "ZINCRBY " KEY("domains:zone") " -1 z1",
	    FINDING_REQUIREMENTS },
	{ "ZREM " KEY("ready:worker/") " n1", "ZADD " KEY("ready:worker/") " 0 n1",
	    FINDING_REQUIREMENTS },
	{ "ZADD " KEY("ready:worker/gpu") " 0 n3", "ZREM " KEY("ready:worker/gpu") " n3",
	    FINDING_REQUIREMENTS },
	{ "ZADD " KEY("selective_groups") " 1 x|zone:z1",
	    "ZREM " KEY("selective_groups") " x|zone:z1", FINDING_PENDING },
	{ "ZADD " KEY("suspects") " 1 n1", "ZREM " KEY("suspects") " n1", FINDING_LIVENESS },
	{ "ZADD " KEY("evacuating") " 1 n2", "ZREM " KEY("evacuating") " n2", FINDING_LIVENESS },
	{ "ZADD " KEY("deadlines") " 1 x", "ZREM " KEY("deadlines") " x", FINDING_LIVENESS },
};

static void
each_planted_error_is_found(void **state)
{
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(plants) / sizeof(plants[0]); i++) {
		redis_do(w->c, plants[i].plant);
		check_state(w);
		if (findings_of(&w->f, plants[i].kind) == 0)
			print_error("not found: %s\n", plants[i].plant);
		assert_true(findings_of(&w->f, plants[i].kind) > 0);
		redis_do(w->c, plants[i].mend);
		check_state(w);
		if (w->f.count != 0)
			findings_print(&w->f, 0);
		assert_int_equal(w->f.count, 0);
	}
}

static size_t
placeable(struct world *w)
{
	json_t *dump = read_state(w);
	size_t n = state_placeable(dump);

	json_decref(dump);
	return n;
}

static void
agents_pending_despite_capacity_are_counted(void **state)
{
	struct world *w = *state;

	assert_int_equal(placeable(w), 0);
	redis_do(w->c, "HSET " KEY("node:n3") " status online");
	assert_int_equal(placeable(w), 2);
	redis_do(w->c, "HSET " KEY("node:n3") " profile x,gpu,y\t\t\t1");
	assert_int_equal(placeable(w), 2);
	redis_do(w->c, "HSET " KEY("node:n3") " profile gpu1\t\t\t1");
	assert_int_equal(placeable(w), 0);
}

static void
check_acknowledged(struct world *w, const struct history *h)
{
	json_t *dump = read_state(w);

	w->f.count = 0;
	state_check_acknowledged(dump, h, &w->f);
	json_decref(dump);
}

static void
a_lost_acknowledged_assignment_is_found(void **state)
{
	struct world *w = *state;
	struct history h;
	size_t release;

	assert_true(history_init(&h, NULL));
	history_return(&h, history_call(&h, 1, OP_ASSIGN, "a1", 0), OUT_CREATED, "n1", 5);
	history_return(&h, history_call(&h, 1, OP_ASSIGN, "never", 0), OUT_UNKNOWN, "", 0);
	check_acknowledged(w, &h);
	assert_int_equal(w->f.count, 0);
	history_return(&h, history_call(&h, 1, OP_ASSIGN, "gone", 0), OUT_CREATED, "n1", 5);
	check_acknowledged(w, &h);
	assert_int_equal(w->f.count, 1);
	assert_int_equal(findings_of(&w->f, FINDING_LOST_ASSIGNMENT), 1);
	assert_string_equal(w->f.kept[0].subject, "gone");
	/* It is no violation if a release may have succeeded. */
	release = history_call(&h, 1, OP_RELEASE, "gone", 0);
	history_return(&h, release, OUT_UNKNOWN, "", 0);
	check_acknowledged(w, &h);
	assert_int_equal(w->f.count, 0);
	history_fini(&h);
}

static void
the_state_is_recorded_in_the_history(void **state)
{
	struct world *w = *state;
	char agents[3][HISTORY_ID_MAX] = { "g", "p1", "none" };
	json_t *dump = read_state(w);
	struct history h;

	assert_true(history_init(&h, NULL));
	state_note(dump, &h, agents, 3);
	assert_int_equal(h.n, 3);
	assert_int_equal(h.total, 0);
	assert_int_equal(h.ops[0].outcome, OUT_ASSIGNED);
	assert_string_equal(h.ops[0].node, "n3");
	assert_int_equal(
	    h.ops[0].epoch, get_int(api(w->m->port, 200, "GET", ASSIGNMENTS "/g", NULL), "epoch"));
	assert_int_equal(h.ops[1].outcome, OUT_PENDING);
	assert_int_equal(h.ops[2].outcome, OUT_ABSENT);
	history_fini(&h);
	json_decref(dump);
}

static void
replay(struct world *w, struct replay *r)
{
	json_t *dump;

	w->f.count = 0;
	assert_true(replay_read(r, w->redis, PREFIX, &w->f));
	dump = read_state(w);
	replay_compare(r, dump, &w->f);
	json_decref(dump);
}

static void
replayed_events_equal_the_state_and_differences_are_found(void **state)
{
	struct world *w = *state;
	struct replay r;

	replay_init(&r);
	replay(w, &r);
	assert_int_equal(w->f.count, 0);
	assert_int_equal(json_object_size(r.owners), 16);
	assert_int_equal(r.moves + r.deaths, 0);
	/* A change without an event, and an event without a change. */
	redis_do(w->c, "HSET " KEY("assignment:a1") " node_id n9");
	replay(w, &r);
	assert_int_equal(w->f.count, 1);
	assert_int_equal(findings_of(&w->f, FINDING_REPLAY), 1);
	redis_do(w->c,
	    "XADD " KEY("events") " * type agent.moved agent_id a1 node_id n9 epoch 9999999999999 "
	                          "reason node_lost");
	redis_do(w->c, "HSET " KEY("assignment:a1") " epoch 9999999999999");
	replay(w, &r);
	assert_int_equal(w->f.count, 0);
	assert_int_equal(r.moves, 1);
	redis_do(w->c,
	    "XADD " KEY("events") " * type agent.moved agent_id a1 node_id n9 epoch 9999999999999 "
	                          "reason node_lost");
	replay(w, &r);
	assert_int_equal(w->f.count, 1);
	assert_int_equal(findings_of(&w->f, FINDING_EPOCH_BACK), 1);
	redis_do(w->c, "XADD " KEY("events") " * type leader.elected node_id l term 5");
	redis_do(w->c, "XADD " KEY("events") " * type leader.elected node_id l term 5");
	redis_do(w->c, "XADD " KEY("events") " * type node.offline node_id n1");
	replay(w, &r);
	assert_int_equal(w->f.count, 1);
	assert_int_equal(findings_of(&w->f, FINDING_TERM_BACK), 1);
	assert_int_equal(r.deaths, 1);
	/* Of the group "apart", a node may have one. */
	redis_do(w->c, EVENT("agent.assigned agent_id x1 node_id n1 group apart"));
	redis_do(w->c, EVENT("agent.released agent_id x1 previous_node_id n1"));
	redis_do(w->c, EVENT("agent.assigned agent_id x2 node_id n1 group apart"));
	replay(w, &r);
	assert_int_equal(findings_of(&w->f, FINDING_SPREAD), 0);
	redis_do(w->c, EVENT("agent.assigned agent_id x3 node_id n1 group apart"));
	replay(w, &r);
	assert_int_equal(findings_of(&w->f, FINDING_SPREAD), 1);
	redis_do(w->c, EVENT("agent.released agent_id x2 previous_node_id n1"));
	redis_do(w->c, EVENT("agent.released agent_id x3 previous_node_id n1"));
	redis_do(w->c,
	    "XADD " KEY("events") " * type agent.released agent_id a2 previous_node_id n9 epoch 1");
	replay(w, &r);
	assert_int_equal(findings_of(&w->f, FINDING_REPLAY), 2);
	replay_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest state[] = {
		world_test(a_correct_state_passes),
		world_test(each_planted_error_is_found),
		world_test(agents_pending_despite_capacity_are_counted),
		world_test(a_lost_acknowledged_assignment_is_found),
		world_test(the_state_is_recorded_in_the_history),
		world_test(replayed_events_equal_the_state_and_differences_are_found),
	};

	return test_program(state);
}
