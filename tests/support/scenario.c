/* Histories from seeds: how they start, which steps follow, and how often each kind occurs. */
#include "support/scenario.h"

#include "support/make_agents.h"
#include "support/make_nodes.h"

#include <stdio.h>
#include <string.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define BALANCE     "/api/cluster/balance"

/* The first so many of `makers`. */
enum {
	PLACING_MAKERS = 7,  /* agents come and go */
	LOT_MAKERS = 13,     /* fit for nodes that are drawn by lot */
	LASTING_MAKERS = 16, /* no heartbeat lapses */
	MAKERS = 18,
};

static void
add_strategy(struct maker *m, struct step *st, int i)
{
	struct op *op = op_add(st, "", "POST", BALANCE);

	body_text(op, "strategy", m->allowed[i]);
	body_end(op);
	if (i == m->n_indexed)
		m->n_indexed++;
}

static void
make_strategy(struct maker *m)
{
	struct step *st = step_begin(m, STEP_OTHER, pause_ms(m));
	int last = m->n_indexed < m->n_allowed ? m->n_indexed : m->n_allowed - 1;

	add_strategy(m, st, between(m, 0, last));
}

/* Requests that are refused in any state. */
static void
make_refused(struct maker *m)
{
	static const char *const wrong[][4] = {
		{ "POST", ASSIGNMENTS, "", "{\"agent_id\":" },
		{ "POST", ASSIGNMENTS, "", "{\"agent_id\":\"no id\"}" },
		{ "POST", ASSIGNMENTS, "z", "{\"agent_id\":\"z\",\"services\":[\"nowhere\"]}" },
		{ "POST", ASSIGNMENTS, "z", "{\"agent_id\":\"z\",\"strategy\":\"best\"}" },
		{ "POST", BALANCE, "", "{\"strategy\":\"best\"}" },
		{ "POST", NODES "/none", "", "{\"healthy\":false}" },
		{ "POST", NODES "/none", "", "{\"cpu_usage\":101}" },
		{ "DELETE", ASSIGNMENTS "/none", "", "" },
		{ "DELETE", NODES "/none", "", "" },
		{ "POST", ASSIGNMENTS "/batch", "",
		    "{\"all_or_nothing\":true,\"agents\":[\"y\",{\"agent_id\":\"z\",\"services\":"
		    "[\"nowhere\"]}]}" },
		{ "DELETE", ASSIGNMENTS "/batch", "",
		    "{\"all_or_nothing\":true,\"agents\":[\"a01\",\"none\"]}" },
	};
	struct step *st = step_begin(m, STEP_OTHER, pause_ms(m));
	int n = between(m, 1, 4);

	while (n-- > 0) {
		const char *const *w = wrong[between(m, 0, 10)];

		body_add(op_add(st, w[2], w[0], w[1]), w[3]);
	}
}

/* Chooses the strategies of the history, in the order in which they first become the cluster's. */
static void
choose_strategies(struct maker *m, const char *const all[], size_t n, const char *by_lot)
{
	int most = m->sc->by_lot ? between(m, 0, 2) : m->simple ? 1 : chance(m, 50) ? 2 : (int)n;
	size_t left = n;
	const char *rest[STRATEGIES_MAX];

	memcpy(rest, all, n * sizeof(*rest));
	if (m->sc->by_lot)
		m->allowed[m->n_allowed++] = by_lot;
	while (left > 0 && most > 0) {
		size_t i = (size_t)between(m, 0, (int)left - 1);

		if (by_lot == NULL || strcmp(rest[i], by_lot) != 0) {
			m->allowed[m->n_allowed++] = rest[i];
			most--;
		}
		rest[i] = rest[--left];
	}
}

static void
make_start(struct maker *m)
{
	struct step *st;
	int i, n = m->simple ? 16 : between(m, 3, 9), switched = between(m, 1, m->n_allowed);

	for (i = 0; i < AGENTS; i++) {
		int mask =
		    chance(m, 45) ? 0 : between(m, 0, ALL_SERVICES) & between(m, 0, ALL_SERVICES);

		m->wants[i] = m->sc->several_classes || chance(m, 5) ? mask : mask & m->common;
	}
	st = step_begin(m, STEP_OTHER, 0);
	for (i = 0; i < switched; i++)
		add_strategy(m, st, i);
	st = step_begin(m, STEP_OTHER, pause_ms(m));
	for (i = 0; i < n; i++)
		add_register(m, st, between(m, 0, NODES_OF_SCENARIO - 1), false);
}

void
scenario_make(struct scenario *sc, uint64_t seed, const char *const strategies[], size_t n,
    const char *by_lot)
{
	static void (*const makers[])(struct maker * m) = { make_assign, make_assign, make_assign,
		make_assign, make_release, make_release, make_release, make_heartbeat,
		make_heartbeat, make_lookup, make_register, make_strategy, make_refused, make_leave,
		make_rush, make_pause, make_lapse, make_lapse };
	struct maker m = { .sc = sc, .rng.state = seed };
	int kind = (int)(seed % 4), steps, last;

	memset(sc, 0, sizeof(*sc));
	sc->seed = seed;
	m.simple = kind == 0;
	m.roomy = chance(&m, m.simple ? 60 : 20);
	sc->several_classes = kind == 1 || (kind == 2 && chance(&m, 50));
	sc->by_lot = kind == 3 && by_lot != NULL;
	sc->names = !m.simple && chance(&m, 70);
	m.common = between(&m, 0, ALL_SERVICES);
	choose_strategies(&m, strategies, n, by_lot);
	make_start(&m);
	last = sc->by_lot ? LOT_MAKERS : chance(&m, 40) ? LASTING_MAKERS : MAKERS;
	steps = between(&m, 20, SCENARIO_STEPS_MAX - 6);
	while (sc->n < steps)
		makers[between(&m, 1, chance(&m, m.simple ? 60 : 0) ? PLACING_MAKERS : last) - 1](
		    &m);
}
