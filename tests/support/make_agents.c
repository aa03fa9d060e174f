/*
 * Steps about agents. Requests are in ascending order of their ids. If an agent occurs twice in a
 * step, one of the two requests has more than the id. So the order stays the same when a
 * front-end sorts requests.
 */
#include "support/make_agents.h"

#include <stdio.h>
#include <string.h>

#define ASSIGNMENTS "/api/cluster/assignments"

static const char *
agent_id(int i, char id[16])
{
	snprintf(id, 16, "a%02d", i);
	return id;
}

/* Sets `number` of the flags, or fewer; only such for which `of` is set, unless it is NULL. */
static void
pick(struct maker *m, bool picked[AGENTS], const bool of[AGENTS], int number)
{
	int tries = 4 * number;

	memset(picked, 0, AGENTS * sizeof(*picked));
	while (number > 0 && tries-- > 0) {
		int i = between(m, 0, AGENTS - 1);

		if (!picked[i] && (of == NULL || of[i])) {
			picked[i] = true;
			number--;
		}
	}
}

enum { MANY_MAX = 30 }; /* agents of a step, each of which may occur twice */

/* How many agents a step is about: one, some, or more than a front-end puts into one call. */
static int
many(struct maker *m)
{
	int how = between(m, 1, 10);

	return how <= 3 ? 1
	    : how <= 6  ? between(m, 2, 5)
	    : how <= 8  ? between(m, 6, 16)
	                : between(m, 17, MANY_MAX);
}

/* What an assign may hold besides the id. */
static void
add_wishes(struct maker *m, struct op *op)
{
	if (m->sc->names && chance(m, 20)) {
		op->named = true;
		body_text(op, "strategy",
		    chance(m, 8) ? "best" : m->allowed[between(m, 0, m->n_allowed - 1)]);
	}
	if (chance(m, 20))
		body_member(op, "metadata",
		    chance(m, 50) ? "{\"k\":\"v\"}" : "{\"k\":\"\\t%n\\n\",\"\xc3\xa4\":\"\"}");
	if (chance(m, 35))
		body_member(op, "queue", "true");
}

static void
add_assign(struct maker *m, struct step *st, int i, bool plain, bool wide)
{
	char id[16];
	struct op *op = op_add(st, agent_id(i, id), "POST", ASSIGNMENTS);
	int wants = wide ? between(m, 0, ALL_SERVICES | NOBODYS) : m->wants[i];

	body_text(op, "agent_id", id);
	if (!plain && chance(m, 10))
		wants ^= 1 << between(m, 0, SERVICES - 2);
	if (wants != 0 && !(plain && !m->asked[i]))
		body_services(op, wants, chance(m, 30));
	if (plain && !m->asked[i])
		m->wants[i] = 0;
	if (!plain)
		add_wishes(m, op);
	body_end(op);
	m->asked[i] = true;
}

void
make_assign(struct maker *m)
{
	struct step *st = step_begin(m, STEP_ASSIGN, pause_ms(m));
	bool picked[AGENTS], fresh[AGENTS], plain = chance(m, m->simple ? 75 : 40);
	bool wide = !plain && chance(m, 20); /* more sets of services than a call refuses */
	int i;

	for (i = 0; i < AGENTS; i++)
		fresh[i] = !m->asked[i];
	pick(m, picked, chance(m, plain ? 75 : 40) ? fresh : NULL, many(m));
	for (i = 0; i < AGENTS; i++) {
		if (!picked[i])
			continue;
		add_assign(m, st, i, plain, wide);
		/* The same agent again, in a request that has more than the id. */
		if (!plain && strchr(st->op[st->n - 1].body, ',') != NULL && chance(m, 8))
			add_assign(m, st, i, false, wide);
	}
}

void
make_crowd(struct maker *m)
{
	struct step *st = step_begin(m, STEP_ASSIGN, pause_ms(m));
	bool picked[AGENTS];
	char id[16];
	int i;

	pick(m, picked, NULL, MANY_MAX);
	for (i = 0; i < AGENTS; i++)
		if (picked[i]) {
			struct op *op = op_add(st, agent_id(i, id), "POST", ASSIGNMENTS);

			body_text(op, "agent_id", id);
			body_member(op, "queue", "true");
			body_end(op);
			m->wants[i] = 0;
			m->asked[i] = true;
		}
}

void
make_release(struct maker *m)
{
	struct step *st = step_begin(m, STEP_RELEASE, pause_ms(m));
	bool picked[AGENTS], plain = chance(m, 50);
	char id[16], path[64];
	struct op *op;
	int i;

	pick(m, picked, chance(m, 80) ? m->asked : NULL, many(m));
	for (i = 0; i < AGENTS; i++) {
		if (!picked[i])
			continue;
		snprintf(path, sizeof(path), ASSIGNMENTS "/%s", agent_id(i, id));
		op = op_add(st, id, "DELETE", path);
		op->by_epoch = !plain && chance(m, 30);
		op->epoch_off = chance(m, 60) ? 0 : chance(m, 50) ? 1 : -1;
		m->asked[i] = m->asked[i] && op->by_epoch && op->epoch_off != 0;
		if (!plain && chance(m, 8)) {
			op = op_add(st, id, "DELETE", path);
			op->by_epoch = true;
		}
	}
}

void
make_lookup(struct maker *m)
{
	struct step *st = step_begin(m, STEP_LOOKUP, pause_ms(m));
	bool picked[AGENTS];
	char id[16], path[64];
	int i;

	pick(m, picked, chance(m, 75) ? m->asked : NULL, many(m));
	for (i = 0; i < AGENTS; i++)
		if (picked[i]) {
			snprintf(path, sizeof(path), ASSIGNMENTS "/%s", agent_id(i, id));
			op_add(st, id, "GET", path);
		}
}
