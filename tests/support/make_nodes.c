/* Steps about nodes. */
#include "support/make_nodes.h"

#include "support/make_agents.h"

#include <stdio.h>
#include <string.h>

#define NODES "/api/cluster/nodes"

static const char *
node_path(int i, char path[64])
{
	snprintf(path, 64, NODES "/n%02d", i);
	return path;
}

static bool
is_alive(const struct maker *m, int i)
{
	return m->node[i].there && m->now - m->node[i].beat_at < TTL_OF_SCENARIO_MS;
}

static void
add_figures(struct maker *m, struct op *op)
{
	static const char *const names[] = { "cpu_usage", "memory_usage", "disk_usage",
		"load_average" };
	char text[16];
	int i;

	for (i = 0; i < 4; i++)
		if (chance(m, 70)) {
			snprintf(text, sizeof(text), chance(m, 50) ? "%d" : "%d.25",
			    between(m, 0, 20) * 5 % 100);
			body_member(op, names[i], text);
		}
}

/*
 * What a node says of itself besides figures. It comes without figures, for a front-end may carry out
 * the one before the other, and what a node says of itself may give it agents.
 */
static void
add_word(struct maker *m, struct op *op)
{
	static const char *const words[][2] = { { "healthy", "false" }, { "healthy", "true" },
		{ "status", "\"draining\"" }, { "status", "\"online\"" }, { "incarnation", "1" },
		{ "incarnation", "99" }, { "healthy", "true" }, { "status", "\"online\"" } };
	const char *const *word = words[between(m, 0, 7)];

	body_member(op, word[0], word[1]);
}

/* Adds a heartbeat without a body. */
static struct op *
add_beat(struct step *st, int i)
{
	char id[16], path[64];

	snprintf(id, sizeof(id), "n%02d", i);
	return op_add(st, id, "POST", node_path(i, path));
}

void
make_heartbeat(struct maker *m)
{
	struct step *st = step_begin(m, STEP_HEARTBEAT, pause_ms(m));
	bool words = !m->sc->by_lot && chance(m, 40);
	struct op *op;
	int i, times;

	for (i = 0; i < NODES_OF_SCENARIO; i++)
		for (times = is_alive(m, i) ? between(m, 0, words ? 1 : 2) : 0; times > 0;
		     times--) {
			op = add_beat(st, i);
			if (words) {
				add_word(m, op);
			} else {
				add_figures(m, op);
				m->node[i].beat_at = m->now;
			}
			body_end(op);
		}
}

void
add_register(struct maker *m, struct step *st, int i, bool large)
{
	static const char *const roles[] = { "worker", "worker", "worker", "standby", "replica" };
	struct maker_node *n = &m->node[i];
	char id[16];
	struct op *op;

	snprintf(id, sizeof(id), "n%02d", i);
	op = op_add(st, id, "POST", NODES);
	body_text(op, "id", id);
	n->services = !m->sc->several_classes ? m->common
	    : n->there && chance(m, 70)       ? n->services
	                                      : between(m, 0, ALL_SERVICES);
	/* A draw by lot decides where room is: then none may go. */
	n->max_agents = m->sc->by_lot                ? n->max_agents + between(m, 1, 9)
	    : large || chance(m, m->roomy ? 80 : 10) ? 30
	                                             : between(m, 0, 12);
	body_int(op, "max_agents", n->max_agents);
	body_services(op, n->services, chance(m, 50));
	if (chance(m, 60))
		body_int(op, "weight", between(m, 0, 5));
	if (m->sc->several_classes)
		body_text(op, "role", roles[between(m, 0, 4)]);
	if (chance(m, 20))
		body_member(op, "labels", "{\"arch\":\"arm64\"}");
	body_end(op);
	n->there = true;
	n->beat_at = m->now;
}

void
make_register(struct maker *m)
{
	struct step *st = step_begin(m, STEP_OTHER, pause_ms(m));
	int n = between(m, 1, 2);

	while (n-- > 0)
		add_register(m, st, between(m, 0, NODES_OF_SCENARIO - 1), false);
}

void
make_rush(struct maker *m)
{
	struct step *st;

	make_crowd(m);
	st = step_begin(m, STEP_OTHER, pause_ms(m));
	add_register(m, st, between(m, 0, NODES_OF_SCENARIO - 1), true);
	st->unsettled = true;
	make_assign(m);
}

void
make_leave(struct maker *m)
{
	struct step *st = step_begin(m, STEP_OTHER, pause_ms(m));
	int i = between(m, 0, NODES_OF_SCENARIO - 1);
	char path[64], id[16];

	snprintf(id, sizeof(id), "n%02d", i);
	snprintf(path, sizeof(path), NODES "/%s%s", id, chance(m, 20) ? "?incarnation=1" : "");
	op_add(st, id, "DELETE", path);
	m->node[i].there = m->node[i].there && strchr(path, '?') != NULL;
}

void
make_pause(struct maker *m)
{
	static const char *const words[][4] = { { "healthy", "false", "healthy", "true" },
		{ "status", "\"draining\"", "status", "\"online\"" } };
	const char *const *word = words[between(m, 0, 1)];
	bool away[NODES_OF_SCENARIO];
	struct step *st = step_begin(m, STEP_HEARTBEAT, pause_ms(m));
	struct op *op;
	int i;

	for (i = 0; i < NODES_OF_SCENARIO; i++) {
		away[i] = is_alive(m, i) && chance(m, 50);
		if (away[i]) {
			op = add_beat(st, i);
			body_member(op, word[0], word[1]);
			body_end(op);
		}
	}
	if (chance(m, 50))
		make_crowd(m);
	else
		make_assign(m);
	st = step_begin(m, STEP_HEARTBEAT, pause_ms(m));
	for (i = 0; i < NODES_OF_SCENARIO; i++)
		if (away[i]) {
			op = add_beat(st, i);
			body_member(op, word[2], word[3]);
			body_end(op);
		}
}

void
make_lapse(struct maker *m)
{
	static const int graces[] = { -1, -1, 0, 3600000 };
	struct step *st = step_begin(m, STEP_HEARTBEAT, TTL_OF_SCENARIO_MS * 2 / 3);
	int i;

	for (i = 0; i < NODES_OF_SCENARIO; i++)
		if (is_alive(m, i) && chance(m, 70)) {
			body_end(add_beat(st, i));
			m->node[i].beat_at = m->now;
		}
	step_begin(m, STEP_SWEEP, TTL_OF_SCENARIO_MS / 2)->grace_ms = graces[between(m, 0, 3)];
	make_assign(m);
	make_assign(m);
	if (chance(m, 50))
		step_begin(m, STEP_SWEEP, 5)->grace_ms = graces[between(m, 2, 3)];
	st = step_begin(m, STEP_HEARTBEAT, pause_ms(m));
	st->apart = true;
	for (i = 0; i < NODES_OF_SCENARIO; i++)
		if (m->node[i].there && !is_alive(m, i) && chance(m, 80)) {
			struct op *op = add_beat(st, i);

			add_figures(m, op);
			body_end(op);
			m->node[i].beat_at = m->now;
		}
}
