/* The check of the whole state finds nothing in a correct state, and every planted error. */
#include "support/cluster.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define CHECK       "/api/cluster/check"

/* A front-end that changes nothing by itself. */
static struct musterd *
start(struct cluster *c)
{
	return musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");
}

/* Nodes of two classes, draining, full and unhealthy; agents that are assigned or pending. */
static void
populate(struct musterd *m)
{
	int i;

	for (i = 0; i < 8; i++)
		api(m->port, 201, "POST", NODES,
		    fmt("{\"id\":\"n%d\",\"max_agents\":4,\"services\":%s,\"zone\":\"z%d\","
		        "\"labels\":{\"k\":\"v\"},\"resources\":{\"gpu\":2}}",
		        i, i % 2 == 0 ? "[]" : "[\"db\"]", i % 3));
	api(m->port, 200, "POST", NODES "/n6", "{\"status\":\"draining\"}");
	api(m->port, 200, "POST", NODES "/n7", "{\"healthy\":false,\"cpu_usage\":12.3}");
	for (i = 0; i < 20; i++)
		api(m->port, 201, "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"a%d\",\"strategy\":\"%s\"%s}", i,
		        i % 2 == 0 ? "weighted" : "round_robin",
		        i == 2 ? ",\"resources\":{\"gpu\":1}" : ""));
	for (i = 0; i < 3; i++)
		api(m->port, 202, "POST", ASSIGNMENTS,
		    fmt("{\"agent_id\":\"q%d\",\"services\":[\"gpu\"],\"queue\":true}", i));
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a3", NULL);
	api(m->port, 204, "DELETE", ASSIGNMENTS "/q1", NULL);
	api(m->port, 200, "DELETE", NODES "/n5", NULL);
}

struct findings {
	long long checked;
	int n, pages;
	char kinds[1024]; /* " kind kind …" */
};

/* Reads all pages. */
static struct findings
check_all(struct musterd *m, int limit)
{
	struct findings f = { 0 };
	char cursor[600] = "";
	json_t *page;
	long long i;

	do {
		page = api(m->port, 200, "GET",
		    fmt("%s?limit=%d%s%s", CHECK, limit, *cursor != '\0' ? "&cursor=" : "", cursor),
		    NULL);
		f.checked += get_int(page, "checked");
		f.pages++;
		for (i = 0; i < get_int(page, "count"); i++) {
			const char *kind = get_str(page, fmt("violations.%lld.kind", i));
			size_t len = strlen(f.kinds);

			f.n++;
			get_str(page, fmt("violations.%lld.subject", i));
			get_str(page, fmt("violations.%lld.detail", i));
			snprintf(f.kinds + len, sizeof(f.kinds) - len, " %s", kind);
		}
		snprintf(cursor, sizeof(cursor), "%s",
		    json_is_string(json_find(page, "next_cursor")) ? get_str(page, "next_cursor")
		                                                   : "");
	} while (*cursor != '\0');
	return f;
}

static void
a_correct_state_passes_with_any_page_size(void **state)
{
	static const int limits[] = { 1, 2, 7, 200 };
	struct musterd *m = start(*state);
	long long records = 0;
	size_t i;

	check_json(api(m->port, 200, "GET", CHECK, NULL), "",
	    "{\"checked\":0,\"violations\":[],\"count\":0,"
	    "\"next_cursor\":\"assignments:0-0:0.0.0.0.0.0.0.0.0.0.0.0.0.0.0:\"}");
	populate(m);
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct findings f = check_all(m, limits[i]);

		if (f.n > 0)
			fail_msg("limit %d:%s", limits[i], f.kinds);
		assert_true(i == 0 || f.checked == records);
		records = f.checked;
		assert_true(limits[i] > 1 || f.pages > 20);
	}
	/* Seven nodes, 19 assigned and 2 pending agents, these 2 again as queue entries, two
	 * classes. */
	assert_int_equal(records, 7 + 21 + 2 + 2);
}

struct plant {
	const char
	    *command; /* the Redis command that breaks the state, without the prefix of the key */
	const char *kind;
};

static void
planted_errors_are_found(void **state)
{
	static const struct plant plants[] = {
		{ "DEL muster:{default}:node:n0", "node_missing" },
		{ "HINCRBY muster:{default}:node:n0 active_agents 1", "active_agents" },
		{ "ZREM muster:{default}:deadlines n0", "liveness" },
		{ "ZADD muster:{default}:suspects 1 n0", "liveness" },
		{ "ZREM muster:{default}:placement:least_loaded:worker/db n3", "placement" },
		{ "ZADD muster:{default}:placement:weighted:worker/db 0.9 n3", "placement" },
		{ "ZADD muster:{default}:placement:least_loaded:worker/ 0 n6", "placement" },
		{ "ZADD muster:{default}:placement:least_loaded:worker/ 0 ghost", "placement" },
		{ "DEL muster:{default}:assignment:a0", "assignment_missing" },
		{ "HSET muster:{default}:assignment:a0 node_id ghost", "orphan" },
		{ "HSET muster:{default}:assignment:a0 node_id n6", "reverse" },
		{ "ZREM muster:{default}:pending q0", "pending" },
		{ "ZADD muster:{default}:pending 99 q0", "pending" },
		{ "ZADD muster:{default}:pending 99 a0", "pending" },
		{ "ZADD muster:{default}:pending 99 ghost", "pending" },
		{ "ZREM muster:{default}:pending_group:gpu q0", "pending" },
		{ "HSET muster:{default}:settings open_classes worker/gpu", "pending" },
		{ "HINCRBY muster:{default}:totals departed 1", "totals" },
		{ "HINCRBY muster:{default}:totals pending -1", "totals" },
		{ "HINCRBY muster:{default}:totals capacity 1", "totals" },
		{ "HINCRBY muster:{default}:totals room 1", "totals" },
		{ "HINCRBY muster:{default}:totals nodes_online 1", "totals" },
		{ "HINCRBY muster:{default}:class:worker/db ready 1", "class" },
		{ "HINCRBY muster:{default}:class:worker/db eligible 1", "class" },
		{ "HSET muster:{default}:settings open_classes worker/", "class" },
		{ "SREM muster:{default}:trait:zone=z0 n0", "trait" },
		{ "SREM muster:{default}:trait:label:k=v n0", "trait" },
		{ "ZREM muster:{default}:ready:worker/ n0", "ready" },
		{ "ZADD muster:{default}:ready:worker/ 0 n6", "ready" },
		{ "ZADD muster:{default}:resource:gpu 9 n1", "resource" },
		{ "HSET muster:{default}:node:n4 allocated gpu=2", "totals" },
	};
	struct cluster *c = *state;
	size_t i;

	for (i = 0; i < sizeof(plants) / sizeof(plants[0]); i++) {
		struct musterd *m = i == 0 ? start(c) : &c->musterd[0];
		struct findings f;

		redis_do(c, "FLUSHALL");
		populate(m);
		assert_int_equal(check_all(m, 200).n, 0);
		assert_string_not_equal(redis_do(c, plants[i].command), "");
		f = check_all(m, 3);
		if (strstr(f.kinds, fmt(" %s", plants[i].kind)) == NULL)
			fail_msg("%s: found '%s'", plants[i].command, f.kinds);
	}
}

static void
a_change_during_the_check_is_no_violation(void **state)
{
	struct musterd *m = start(*state);
	json_t *page;

	populate(m);
	page = api(m->port, 200, "GET", CHECK "?limit=5", NULL);
	api(m->port, 201, "POST", NODES, "{\"id\":\"a-late-one\"}");
	while (json_is_string(json_find(page, "next_cursor"))) {
		check_json(page, "count", "0");
		page = api(m->port, 200, "GET",
		    fmt("%s?limit=5&cursor=%s", CHECK, get_str(page, "next_cursor")), NULL);
	}
	check_json(page, "count", "0");
}

#define ZEROS "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0" /* the sums of a cursor */

static void
invalid_cursors_and_limits_are_refused(void **state)
{
	struct musterd *m = start(*state);

	api_problem(m->port, 400, "invalid_field", "GET", CHECK "?limit=1001", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", CHECK "?cursor=n1", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", CHECK "?cursor=settings:1-0:0:x", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", CHECK "?cursor=nodes%20", NULL);
	/* Each part of a cursor is checked before it is used. */
	api(m->port, 200, "GET", CHECK "?cursor=pending:0-0:" ZEROS ":1767607961318", NULL);
	api_problem(
	    m->port, 400, "invalid_field", "GET", CHECK "?cursor=pending:0-0:" ZEROS ":x", NULL);
	api_problem(m->port, 400, "invalid_field", "GET",
	    CHECK "?cursor=assignments:0-0:" ZEROS ":x", NULL);
	api_problem(
	    m->port, 400, "invalid_field", "GET", CHECK "?cursor=pending:0-0:" ZEROS ":nan", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", CHECK "?cursor=nodes:0-0:0.-:", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", CHECK "?cursor=nodes:0-0:0.0:", NULL);
	api_problem(
	    m->port, 400, "invalid_field", "GET", CHECK "?cursor=nodes:0-0:" ZEROS ".0:", NULL);
	api_problem(m->port, 400, "invalid_field", "GET", CHECK "?cursor=nodes:-:" ZEROS ":", NULL);
}

int
main(void)
{
	const struct CMUnitTest check[] = {
		cluster_test(a_correct_state_passes_with_any_page_size),
		cluster_test(planted_errors_are_found),
		cluster_test(a_change_during_the_check_is_no_violation),
		cluster_test(invalid_cursors_and_limits_are_refused),
	};

	return test_program(check);
}
