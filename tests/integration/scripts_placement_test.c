/*
 * Which nodes an index offers, and in which order, after what changes a node's score alone. In its
 * first part each index is compared with the records by check_invariants.
 */
#include "support/invariants.h"

#include <stdio.h>

static const char *const strategies[] = { "round_robin", "least_loaded", "least_agents", "random",
	"weighted", "packed" };

enum { STRATEGIES = sizeof(strategies) / sizeof(strategies[0]) };

/* Makes it the cluster's strategy. The index of the one before is kept. */
static void
use(struct scripts *s, const char *strategy)
{
	while (strcmp(call(s, BALANCE_SET, strategy), "more") == 0)
		continue;
}

static void
add(struct scripts *s, const char *id, const char *role, const char *max_agents, const char *weight)
{
	call(s, NODE_REGISTER, id, "h", "10.0.0.1", "80", role, max_agents, "", "", "", weight, "",
	    BEATS);
	check_invariants(s);
}

/* A heartbeat with these figures. */
static void
beat(struct scripts *s, const char *id, const char *cpu, const char *memory)
{
	like(call(s, NODE_HEARTBEAT, id, cpu, memory, "1", "1", "", "", "", "", "", BEATS),
	    "ok||<*");
	check_invariants(s);
}

static void
a_node_moves_in_each_index_when_its_score_alone_changes(void **state)
{
	struct scripts *s = *state;
	int i;

	for (i = 0; i < STRATEGIES; i++)
		use(s, strategies[i]);
	add(s, "m", "worker", "10", "5");
	add(s, "n", "worker", "10", "5");
	for (i = 0; i < 4; i++) {
		add_agent(s, fmt("a%d", i), "");
		check_invariants(s);
	}
	/* Registered again, with another weight, and with other places, but never full. */
	add(s, "m", "worker", "10", "1");
	add(s, "m", "worker", "10", "50");
	add(s, "n", "worker", "20", "50");
	add(s, "n", "worker", "5", "50");
	/* Figures: some change, all change, none changes. */
	beat(s, "m", "90", "");
	beat(s, "m", "10", "80");
	beat(s, "m", "10", "80");
	beat(s, "n", "", "100");
}

static void
the_changed_score_decides(void **state)
{
	struct scripts *s = *state;

	use(s, "weighted");
	add(s, "m", "worker", "10", "1");
	add(s, "n", "worker", "10", "5");
	add_agent(s, "a", "");
	add_agent(s, "b", "");
	add(s, "m", "worker", "10", "100");
	like(add_agent(s, "c", ""), "created|*|<c|m|*");
	use(s, "least_loaded");
	beat(s, "m", "100", "100");
	like(add_agent(s, "d", ""), "created|*|<d|n|*");
	beat(s, "n", "100", "100");
	beat(s, "m", "0", "0");
	like(add_agent(s, "e", ""), "created|*|<e|m|*");
}

static void
a_replica_is_in_no_index_whatever_it_reports(void **state)
{
	struct scripts *s = *state;
	int i;

	for (i = 0; i < STRATEGIES; i++)
		use(s, strategies[i]);
	add(s, "r", "replica", "10", "10");
	beat(s, "r", "50", "50");
	beat(s, "r", "", "20");
	for (i = 0; i < STRATEGIES; i++)
		refused(s, "NO_CAPACITY", AGENT_ASSIGN, "a", "", strategies[i], "", "");
	add(s, "r", "replica", "20", "1");
	beat(s, "r", "10", "10");
	/* A worker that becomes one leaves the indexes. */
	add(s, "w", "worker", "10", "10");
	beat(s, "w", "50", "50");
	add(s, "w", "replica", "10", "10");
	beat(s, "w", "10", "10");
	refused(s, "NO_CAPACITY", AGENT_ASSIGN, "a", "", "", "", "");
}

/* Between the end of a heartbeat and the leader's next look the node still is in the index. */
static void
no_strategy_takes_a_node_whose_heartbeat_has_lapsed(void **state)
{
	enum { NODES = 8, AGENTS = 20 };
	struct scripts *s = *state;
	int i, k;

	for (i = 0; i < NODES; i++)
		add_node(s, fmt("n%d", i), "1000", "");
	for (i = 0; i < STRATEGIES; i++)
		use(s, strategies[i]);
	for (i = 0; i < NODES; i++)
		if (i != 5)
			lapse(s, fmt("n%d", i));
	for (i = 0; i < STRATEGIES; i++)
		for (k = 0; k < AGENTS; k++)
			like(call(s, AGENT_ASSIGN, fmt("a%d-%d", i, k), "", strategies[i], "", ""),
			    "created|*|<a*|n5|*");
	lapse(s, "n5");
	for (i = 0; i < STRATEGIES; i++)
		refused(s, "NO_CAPACITY", AGENT_ASSIGN, "b", "", strategies[i], "", "");
}

/* Reads the list of all agents in pages of `limit`. Returns how many there are. */
static int
count_listed(struct scripts *s, const char *limit)
{
	char last[32] = "", cursor[32] = "";
	int n = 0;

	do {
		const char *list = call(s, AGENT_LIST, limit, cursor, "", "", "");
		const char *at = list;

		assert_true(strncmp(list, "ok||", 4) == 0 || strncmp(list, "page||", 6) == 0);
		snprintf(cursor, sizeof(cursor), "%s", part(list, 2));
		while ((at = strchr(at, '<')) != NULL) {
			char id[32];

			at++;
			snprintf(id, sizeof(id), "%.*s", (int)strcspn(at, "|"), at);
			if (strcmp(last, id) >= 0)
				fail_msg("%s after %s", id, last);
			snprintf(last, sizeof(last), "%s", id);
			n++;
		}
	} while (*cursor != '\0');
	return n;
}

/* The list is stored in pages, which become sparse as agents are released. */
static void
every_agent_is_listed_once_however_sparse_the_pages_are(void **state)
{
	enum { AGENTS = 400 };
	static const int left_of[] = { 1, 3, 12, 48 };
	struct scripts *s = *state;
	size_t i, left;
	int k;

	add_node(s, "n", "1000", "");
	for (k = 0; k < AGENTS; k++)
		add_agent(s, fmt("a%03d", k), "");
	for (i = 0; i < sizeof(left_of) / sizeof(left_of[0]); i++) {
		static const char *const limits[] = { "1", "2", "3", "5", "10", "16", "100" };

		/* Of left_of[i] agents that were created in a row, one is left. */
		for (k = 0, left = 0; k < AGENTS; k++) {
			if (k % left_of[i] != 0)
				call(s, AGENT_RELEASE, fmt("a%03d", k), "");
			else
				left++;
		}
		for (k = 0; k < (int)(sizeof(limits) / sizeof(limits[0])); k++)
			if (count_listed(s, limits[k]) != (int)left)
				fail_msg("%d of %zu, in pages of %s", count_listed(s, limits[k]),
				    left, limits[k]);
	}
}

int
main(void)
{
	const struct CMUnitTest scripts_placement[] = {
		scripts_test(a_node_moves_in_each_index_when_its_score_alone_changes),
		scripts_test(the_changed_score_decides),
		scripts_test(a_replica_is_in_no_index_whatever_it_reports),
		scripts_test(no_strategy_takes_a_node_whose_heartbeat_has_lapsed),
		scripts_test(every_agent_is_listed_once_however_sparse_the_pages_are),
	};

	return test_program(scripts_placement);
}
