/* The queue: who is placed when room is made, and what a request gets that comes while others wait. */
#include "support/invariants.h"
#include "support/rng.h"

#include <stdio.h>

enum {
	AT_ONCE = 20,  /* as many are placed by the call that makes room */
	MATCHED = 200, /* as many groups are compared with a new class at once */
	SETS_MANY = 450,
	HISTORIES = 12,
	STEPS = 60,
	SERVICES = 4
};

static void
register_node(struct scripts *s, const char *id, int places, const char *services)
{
	like(add_node(s, id, fmt("%d", places), services), fmt("*|*|%s|*", id));
}

/* Queues agents NAME0 to NAME(n-1). */
static void
queue(struct scripts *s, const char *name, int n, const char *services)
{
	int i;

	for (i = 0; i < n; i++)
		like(add_agent(s, fmt("%s%d", name, i), services), "pending|*");
}

static int
agents_on(struct scripts *s, const char *node)
{
	return atoi(scripts_redis(s, "ZCARD " PREFIX "node_agents:%s", node));
}

static int
number_waiting(struct scripts *s)
{
	return atoi(scripts_redis(s, "ZCARD " PREFIX "pending"));
}

/* Calls the leader's task until it says that no agent is left that a node can take. Returns how
 * often that was. */
static int
place_all(struct scripts *s, const char *term)
{
	int calls = 0;
	const char *reply;

	do {
		assert_true(++calls < 1000);
		reply = call(s, PENDING_PLACE, LEADER, "20");
		like(reply, "ok||*|?");
	} while (strcmp(part(reply, 3), "1") == 0);
	return calls;
}

static void
sets_that_no_node_offers_hide_nobody(void **state)
{
	struct scripts *s = *state;
	int i;

	for (i = 0; i < 30; i++)
		add_agent(s, fmt("x%d", i), fmt("x%d", i));
	add_agent(s, "fits", "s");
	register_node(s, "n", 1, "s");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "fits");
	check_invariants(s);
	/* The same when a place is released. */
	add_agent(s, "next", "s");
	call(s, AGENT_RELEASE, "fits", "");
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "next");
	check_invariants(s);
}

/* The number of commands that Redis has carried out, those of scripts included. */
static long long
commands(struct scripts *s)
{
	const char *info = scripts_redis(s, "INFO stats");

	return atoll(strstr(info, "total_commands_processed:") + 25);
}

static long long
cost_of_an_assignment(struct scripts *s, const char *id)
{
	long long before = commands(s);

	like(call(s, AGENT_ASSIGN, id, "s", "", "", ""), "created|*");
	return commands(s) - before;
}

static void
sets_that_no_node_offers_cost_nothing(void **state)
{
	struct scripts *s = *state;
	long long few, many;
	char term[32];
	int i;

	elect(s, term);
	register_node(s, "n", 1000, "s");
	add_agent(s, "a0", "s");
	add_agent(s, "x", "x");
	few = cost_of_an_assignment(s, "a1");
	for (i = 0; i < SETS_MANY; i++)
		add_agent(s, fmt("x%d", i), fmt("x%d", i));
	many = cost_of_an_assignment(s, "a2");
	assert_int_equal(many, few);
	assert_string_equal(call(s, PENDING_PLACE, LEADER, "20"), "ok||0|0");
}

/* A class that comes is compared with all groups, by as many calls as that takes. */
static void
a_new_class_is_matched_with_any_number_of_sets(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	for (i = 0; i < SETS_MANY; i++)
		add_agent(s, fmt("x%d", i), fmt("x%d", i));
	add_agent(s, "fits", "s");
	register_node(s, "n", 1, "s");
	/* While that goes on, no newcomer takes the place of one that waits. */
	refused(s, "NO_CAPACITY waiting=451", AGENT_ASSIGN, "new", "", "", "", "");
	assert_int_equal(place_all(s, term), SETS_MANY / MATCHED);
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "node_agents:n 0 -1"), "fits");
	assert_string_equal(scripts_redis(s, "EXISTS " PREFIX "unmatched"), "0");
	check_invariants(s);
}

static void
a_newcomer_gets_a_place_that_nobody_else_needs(void **state)
{
	struct scripts *s = *state;

	queue(s, "q", AT_ONCE + 5, "a");
	register_node(s, "n", 100, "a,b");
	assert_int_equal(agents_on(s, "n"), AT_ONCE);
	like(call(s, AGENT_ASSIGN, "new", "a", "", "", ""), "created|*|<new|n|*");
	like(call(s, AGENT_ASSIGN, "other", "", "", "", ""), "created|*|<other|n|*");
	like(call(s, AGENT_ASSIGN, "queued", "b", "", "", "queue"), "created|*|<queued|n|*");
	check_invariants(s);
}

static void
a_newcomer_does_not_overtake(void **state)
{
	struct scripts *s = *state;
	char term[32];

	elect(s, term);
	queue(s, "q", AT_ONCE + 5, "a");
	register_node(s, "n", AT_ONCE + 3, "a,b");
	assert_int_equal(agents_on(s, "n"), AT_ONCE);
	refused(s, "NO_CAPACITY waiting=5", AGENT_ASSIGN, "new", "a", "", "", "");
	/* What it wants is not what they want, and yet it is the same place. */
	refused(s, "NO_CAPACITY waiting=5", AGENT_ASSIGN, "new", "b", "", "", "");
	refused(s, "NO_CAPACITY waiting=5", AGENT_ASSIGN, "new", "", "", "", "");
	like(call(s, AGENT_ASSIGN, "late", "b", "", "", "queue"), "pending|*");
	/* It fits elsewhere. */
	register_node(s, "m", 1, "c");
	like(call(s, AGENT_ASSIGN, "new", "", "", "", ""), "created|*|<new|m|*");
	check_invariants(s);
	assert_int_equal(place_all(s, term), 1);
	assert_int_equal(number_waiting(s), 3);
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "pending 0 0"), "q23");
	check_invariants(s);
}

static void
newcomers_of_one_call_share_what_is_left(void **state)
{
	struct scripts *s = *state;

	queue(s, "q", AT_ONCE + 5, "a");
	register_node(s, "n", AT_ONCE + 7, "a,b");
	like(call(s, AGENT_ASSIGN, "1\tb\n2\tb\n3\ta\n4\tb\n", ""),
	    "ok|*|<created|*|1|n|*>|<created|*|2|n|*>|<failed||NO_CAPACITY waiting=5>|"
	    "<failed||NO_CAPACITY waiting=5>");
	assert_int_equal(agents_on(s, "n"), AT_ONCE + 2);
	check_invariants(s);
}

/* A node whose heartbeat has expired and that is not suspect yet has no places for newcomers. */
static void
places_on_lapsed_nodes_are_not_counted(void **state)
{
	struct scripts *s = *state;

	register_node(s, "dead", 50, "a,b");
	scripts_redis(s, "DEL " PREFIX "heartbeat:dead");
	queue(s, "q", AT_ONCE + 5, "a");
	register_node(s, "n", AT_ONCE + 3, "a,b");
	assert_int_equal(agents_on(s, "n"), AT_ONCE);
	refused(s, "NO_CAPACITY waiting=5", AGENT_ASSIGN, "new", "b", "", "", "");
	register_node(s, "m", 1, "b");
	like(call(s, AGENT_ASSIGN, "new", "b", "", "", ""), "created|*|<new|m|*");
	check_invariants(s);
	/* Where no node of a class lives, that is the reason, and not those who wait for it. */
	register_node(s, "lapsed", 50, "x,y");
	scripts_redis(s, "DEL " PREFIX "heartbeat:lapsed");
	queue(s, "x", 1, "x");
	refused(s, "NO_CAPACITY service=3 unhealthy=1", AGENT_ASSIGN, "another", "y", "", "", "");
}

/* Agents of many sets are placed in the order of their numbers, whichever class takes them. */
static void
the_oldest_goes_first_over_many_sets_and_classes(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i;

	elect(s, term);
	for (i = 0; i < 60; i++)
		add_agent(s, fmt("q%02d", i), fmt("s%d", i % 30));
	for (i = 0; i < 3; i++)
		register_node(s, fmt("n%d", i), 0, fmt("s%d", i));
	register_node(s, "all", 40,
	    "s0,s1,s10,s11,s12,s13,s14,s15,s16,s17,s18,s19,s2,s20,s21,s22,s23,s24,s25,s26,s27,"
	    "s28,s29,s3,s4,s5,s6,s7,s8,s9");
	check_invariants(s);
	place_all(s, term);
	check_invariants(s);
	assert_int_equal(number_waiting(s), 20);
	assert_string_equal(scripts_redis(s, "ZRANGE " PREFIX "pending 0 0"), "q40");
	register_node(s, "n1", 1, "s1");
	assert_int_equal(number_waiting(s), 20); /* the last one that wants s1 has been placed */
	register_node(s, "n2", 1, "s11");
	assert_int_equal(number_waiting(s), 19);
	check_invariants(s);
}

static bool
has_all(const char *offered, const char *wanted)
{
	char *copy = strdup(wanted), *rest = copy, *service;
	bool all = true;

	assert_non_null(copy);
	while (*wanted != '\0' && (service = strsep(&rest, ",")) != NULL)
		all = all && strstr(fmt(",%s,", offered), fmt(",%s,", service)) != NULL;
	free(copy);
	return all;
}

/* Fails if an agent waits that a node can take. */
static void
check_nobody_waits_in_vain(struct scripts *s)
{
	char open[512], ids[4096], *rest = ids, *id;

	snprintf(
	    open, sizeof(open), "%s", scripts_redis(s, "HGET " PREFIX "settings open_classes"));
	snprintf(ids, sizeof(ids), "%s", scripts_redis(s, "ZRANGE " PREFIX "pending 0 -1"));
	while (*ids != '\0' && (id = strsep(&rest, "|")) != NULL) {
		const char *wanted = scripts_redis(s, "HGET " PREFIX "assignment:%s services", id);
		char copy[512], *more = copy, *class;

		snprintf(copy, sizeof(copy), "%s", open);
		while (*open != '\0' && (class = strsep(&more, " ")) != NULL)
			if (has_all(strchr(class, '/') + 1, wanted)) {
				print_error("%s waits for %s, and %s is open\n", id, wanted, class);
				fail();
			}
	}
}

/* A random list of services, in ascending order. */
static const char *
random_set(struct rng *rng)
{
	const char *set = "";
	int i;

	for (i = 0; i < SERVICES; i++)
		if (rng_between(rng, 0, 2) == 0)
			set = fmt("%s%s%c", set, *set != '\0' ? "," : "", 'a' + i);
	return set;
}

static void
take_random_step(struct scripts *s, struct rng *rng, int step)
{
	const char *node = fmt("n%d", rng_between(rng, 0, 4));
	const char *agent = fmt("a%02d", rng_between(rng, 0, 59));

	switch (rng_between(rng, 0, 7)) {
	case 0:
		register_node(s, node, rng_between(rng, 0, 5), random_set(rng));
		break;
	case 1:
		call(s, NODE_HEARTBEAT, node, "", "", "", "", "",
		    rng_between(rng, 0, 1) ? "draining" : "online", "", "", "", BEATS);
		break;
	case 2:
		while (strcmp(call(s, NODE_LEAVE, node, "5", "", fmt("d%d", step)), "more") == 0)
			continue;
		break;
	case 3:
	case 4:
		call(s, AGENT_RELEASE, agent, "");
		break;
	default:
		call(s, AGENT_ASSIGN, agent, random_set(rng), "", "", "queue");
	}
}

static void
nobody_waits_in_vain_whatever_comes_and_goes(void **state)
{
	struct scripts *s = *state;
	char term[32];
	int i, k;

	for (i = 0; i < HISTORIES; i++) {
		struct rng rng = { (uint64_t)i + 1 };

		scripts_redis(s, "FLUSHDB");
		elect(s, term);
		for (k = 0; k < STEPS; k++)
			take_random_step(s, &rng, k);
		check_invariants(s);
		place_all(s, term);
		check_nobody_waits_in_vain(s);
		check_invariants(s);
	}
}

int
main(void)
{
	const struct CMUnitTest scripts_queue[] = {
		scripts_test(sets_that_no_node_offers_hide_nobody),
		scripts_test(sets_that_no_node_offers_cost_nothing),
		scripts_test(a_new_class_is_matched_with_any_number_of_sets),
		scripts_test(a_newcomer_gets_a_place_that_nobody_else_needs),
		scripts_test(a_newcomer_does_not_overtake),
		scripts_test(newcomers_of_one_call_share_what_is_left),
		scripts_test(places_on_lapsed_nodes_are_not_counted),
		scripts_test(the_oldest_goes_first_over_many_sets_and_classes),
		scripts_test(nobody_waits_in_vain_whatever_comes_and_goes),
	};

	return test_program(scripts_queue);
}
