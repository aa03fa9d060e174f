/*
 * Every answer to a request with requirements is the one that the contract names: which node is chosen, or
 * how many nodes were ruled out for which reason. Random histories on a private redis-server are compared
 * with a model that looks at every node (support/requirements_oracle.h). Every now and then each node's
 * record is compared as well, and the check of the whole state must find nothing.
 *
 *   make test T=requirements_oracle                                             small histories
 *   make test T=requirements_oracle NODES=1000 OPS=50000 SEEDS=2 TIMEOUT=3600   two large ones
 *   make test T=requirements_oracle SEED=7                                      the one of this seed
 *
 * In histories of even seeds, agents may wait, and nodes leave and are lost. In every third, heartbeats expire
 * without anybody noting it, and then only the reasons of refusals may differ. The first difference ends the
 * test. In a history of few nodes, all steps up to it are printed.
 */
#include "chaos/dump.h"
#include "chaos/state_internal.h"
#include "support/requirements_moves.h"
#include "support/requirements_requests.h"

#include <unistd.h>

enum {
	SEEDS_DEFAULT = 32,
	SMALL_NODES = 6,
	SMALL_OPS = 80,
	LARGE_NODES = 60,
	LARGE_OPS = 600,
	LARGE_EVERY = 15, /* one seed of so many has a large history */
	AGENTS_PER_NODE = 12,
	CHECK_EVERY = 20
};

static struct history history;

static void
change_strategy(struct history *h)
{
	h->o.strategy = (enum oracle_strategy)history_between(h, 0, BY_COUNT - 1);
	while (strcmp(call(h->s, BALANCE_SET, oracle_strategies[h->o.strategy]), "more") == 0)
		continue;
	history_tell(h, oracle_strategies[h->o.strategy]);
}

static void
take_step(struct history *h)
{
	/* The cluster fills and empties by turns. */
	int assigns = h->op * 6 / h->n_ops % 2 == 0 ? 75 : 35;
	int n = history_chance(h, 70) ? 1 : history_between(h, 2, REQUESTS_MAX);

	if (history_chance(h, 1))
		change_strategy(h);
	else if (history_chance(h, 8))
		history_change_node(h);
	else if (h->queues && history_chance(h, 2))
		moves_leave(h);
	else if (h->queues && history_chance(h, 3))
		requests_update(h);
	else if (history_chance(h, 5))
		requests_explain(h);
	else if (history_chance(h, assigns))
		requests_assign(h, n);
	else
		requests_release(h, n);
	moves_settle(h);
}

/* The sets that requirements are looked up in follow from the records, by the check of the chaos suite. */
static void
check_state(struct history *h)
{
	json_t *dump = dump_read(h->s->redis, h->s->prefix);
	struct findings f = { 0 };

	assert_non_null(dump);
	state_check_requirements(dump, &f);
	if (f.count > 0)
		history_differ(
		    h, f.kept[0].subject, finding_text(f.kept[0].kind), f.kept[0].detail);
	json_decref(dump);
}

static uint64_t
setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static void
check_seed(struct history *h, uint64_t seed)
{
	bool large = seed % LARGE_EVERY == 0;
	int n_nodes = (int)setting("NODES", large ? LARGE_NODES : SMALL_NODES);

	assert_in_range(n_nodes, 1, ORACLE_NODES_MAX);
	h->seed = h->rng.state = seed;
	h->queues = seed % 2 == 0;
	h->silences = seed % 3 == 0;
	h->n_ops = (int)setting("OPS", large ? LARGE_OPS : SMALL_OPS);
	h->n_agents = n_nodes * AGENTS_PER_NODE;
	alarm(60 + (unsigned)h->n_ops / 20);
	history_begin(h, n_nodes);
	for (h->op = 1; h->op <= h->n_ops; h->op++) {
		take_step(h);
		if (h->op % CHECK_EVERY == 0 || h->op == h->n_ops) {
			history_check(h);
			moves_check_waiting(h);
			if (!large)
				check_state(h);
		}
	}
}

static void
every_answer_is_the_one_that_the_contract_names(void **state)
{
	uint64_t first = setting("SEED", 1), seed;
	uint64_t n = setting("SEEDS", getenv("SEED") != NULL ? 1 : SEEDS_DEFAULT);

	history.s = *state;
	for (seed = first; seed < first + n; seed++)
		check_seed(&history, seed);
	buf_fini(&history.told);
}

int
main(void)
{
	const struct CMUnitTest requirements_oracle[] = {
		scripts_test(every_answer_is_the_one_that_the_contract_names),
	};

	return test_program(requirements_oracle);
}
