/* How many distinct sets of role and services there may be, and which nodes count towards that. */
#include "support/invariants.h"

#include <stdio.h>

enum { USUAL = 256 };

#define TOO_MANY "TOO_MANY_CLASSES services: these would make more than"

static void
refuse_node(struct scripts *s, const char *id, const char *services)
{
	refused(s, TOO_MANY, NODE_REGISTER, id, "h", "10.0.0.1", "1", "worker", "1", services, "",
	    "", "1", "", BEATS);
}

static const char *
beat(struct scripts *s, const char *id)
{
	return call(s, NODE_HEARTBEAT, id, "", "", "", "", "", "", "", "", "", BEATS);
}

static void
allow(struct scripts *s, int most)
{
	scripts_redis(s, "HSET " PREFIX "settings max_classes %d", most);
}

/* Ends the heartbeats of nodes and declares them offline, as an operator confirms. */
static void
bury(struct scripts *s, const char *term, const char *prefix, int n)
{
	int i, left = n;

	for (i = 0; i < n; i++)
		lapse(s, fmt("%s%d", prefix, i));
	call(s, HOLD_SET, "confirm_dead");
	while (left-- > 0 && strncmp(expire(s, term, "0", "100"), "more", 4) == 0)
		continue;
	for (i = 0; i < n; i++)
		assert_string_equal(
		    scripts_redis(s, "HGET " PREFIX "node:%s%d status", prefix, i), "offline");
}

static void
dead_nodes_do_not_count(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	for (i = 0; i < USUAL; i++)
		like(add_node(s, fmt("n%d", i), "1", fmt("s%d", i)), "created|*");
	refuse_node(s, "new", "new");
	like(add_node(s, "same", "1", "s7"), "created|*");
	bury(s, term, "n", USUAL);
	check_invariants(s);
	assert_string_equal(scripts_redis(s, "SMEMBERS " PREFIX "classes"), "worker/s7");
	like(add_node(s, "new", "1", "new"), "created|*");
	/* They are told apart, whatever they offered. */
	refused(s, "NO_CAPACITY offline=256 service=2", AGENT_ASSIGN, "x", "s0", "", "", "");
	check_invariants(s);
}

static void
a_change_that_raises_nothing_is_allowed_at_the_limit(void **state)
{
	struct scripts *s = *state;

	allow(s, 3);
	add_node(s, "a", "1", "a");
	add_node(s, "b", "1", "b");
	add_node(s, "c", "1", "c");
	add_node(s, "c2", "1", "c");
	like(add_node(s, "a", "1", "a,more"), "exists|*");
	check_invariants(s);
	like(add_node(s, "a", "1", "b"), "exists|*");
	like(add_node(s, "c", "1", "d"), "exists|*");
	/* The class that this node leaves has another one. */
	add_node(s, "b2", "1", "b");
	refuse_node(s, "b2", "e");
	/* Nor is what stands refused where the limit has been lowered. */
	allow(s, 1);
	like(add_node(s, "c2", "1", "f"), "exists|*");
	like(add_node(s, "c2", "5", "f"), "exists|*");
	refuse_node(s, "new", "g");
	check_invariants(s);
}

static void
a_node_that_comes_back_counts_again(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	allow(s, 2);
	add_node(s, "n0", "1", "a");
	add_node(s, "n1", "1", "b");
	like(add_agent(s, "x", "a"), "created|*");
	like(add_agent(s, "y", "a"), "pending|*");
	bury(s, term, "n", 2);
	like(call(s, NODE_EVACUATE, LEADER, "9"), "more||n0|0|1");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "classes"), "0");
	like(add_node(s, "n2", "1", "c"), "created|*");
	/* There is room for one of the two. */
	like(call(s, NODE_HEARTBEAT, "n0\t\t\t\t\t\t\t\t\t\nn1\t\t\t\t\t\t\t\t\t\n", "", BEATS),
	    "ok|*|<ok|*|n0|*>");
	/* It gets those who wait for it, as any new node. */
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n0 0 -1"), "y");
	check_invariants(s);
	refused(s, TOO_MANY, NODE_HEARTBEAT, "n1", "", "", "", "", "", "", "", "", "1", BEATS);
	refuse_node(s, "n1", "b");
	like(add_node(s, "n1", "1", "c"), "exists|*");
	check_invariants(s);
}

static void
two_that_come_back_in_one_call_count_together(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	add_node(s, "n0", "1", "a");
	add_node(s, "n1", "1", "b");
	add_node(s, "n2", "1", "a");
	bury(s, term, "n", 3);
	allow(s, 1);
	like(call(s, NODE_HEARTBEAT,
	         "n0\t\t\t\t\t\t\t\t\t\nn1\t\t\t\t\t\t\t\t\t\nn2\t\t\t\t\t\t\t\t\t\n", "", BEATS),
	    "ok|*|<ok|*|n0|*>|<failed||" TOO_MANY " 1 *>|<ok|*|n2|*>");
	assert_string_equal(scripts_redis(s, "SMEMBERS " PREFIX "classes"), "worker/a");
	like(beat(s, "n0"), "ok|*");
	check_invariants(s);
}

static void
the_limit_is_a_setting(void **state)
{
	struct scripts *s = *state;
	struct musterd *m = musterd_start(s->cluster, "-max-classes", "2", "-namespace", "t");
	const char *body = "{\"id\":\"c\",\"services\":[\"c\"]}";
	json_t *p;

	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"a\",\"services\":[\"a\"]}");
	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"b\",\"services\":[\"b\"]}");
	p = api_problem(m->port, 409, "too_many_classes", "POST", "/api/cluster/nodes", body);
	like(get_str(p, "detail"), "services: *more than 2 distinct sets*");
	allow(s, 3);
	api(m->port, 201, "POST", "/api/cluster/nodes", body);
	check_invariants(s);
}

int
main(void)
{
	const struct CMUnitTest scripts_classes[] = {
		scripts_test(dead_nodes_do_not_count),
		scripts_test(a_change_that_raises_nothing_is_allowed_at_the_limit),
		scripts_test(a_node_that_comes_back_counts_again),
		scripts_test(two_that_come_back_in_one_call_count_together),
		scripts_test(the_limit_is_a_setting),
	};

	return test_program(scripts_classes);
}
