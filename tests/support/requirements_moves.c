/* Moves of a history. */
#include "support/requirements_moves.h"

#include <stdio.h>

enum { CALLS_MAX = 1000 };

/* The node that an agent is on; -1 where it waits. */
static int
whereabouts(struct history *h, int agent)
{
	const char *reply = call(h->s, AGENT_GET, fmt("a%d", agent));

	like(reply, fmt("ok||<a%d|*", agent));
	return history_node_of(h, part(reply, 2 + ASSIGNMENT_ROW_NODE_ID));
}

void
moves_settle(struct history *h)
{
	const char *reply, *term = h->term;
	int agent, got, calls = 0;
	/* Where a node beats again that was silent, or the emptiest domain fills up, nobody is woken: the leader
	 * tries a few groups in each call. */
	int least = 2 + h->o.n_waiting / 4;

	if (h->o.n_waiting == 0)
		return;
	do {
		reply = call(h->s, PENDING_PLACE, LEADER, "20");
		if (++calls > CALLS_MAX)
			history_differ(h, "pending_place", "an end", reply);
	} while (calls < least || strcmp(reply, "more") == 0 || strcmp(part(reply, 3), "1") == 0);
	while ((agent = oracle_next(&h->o, &h->verdict)) >= 0) {
		struct oracle_agent *a = &h->o.agent[agent];

		got = whereabouts(h, agent);
		if (!history_may_get(h, a->asked, got))
			history_differ(h,
			    fmt("a%d, which has waited for %s with priority %d\n  expected node: "
			        "%s\n  node got: %s",
			        agent, history_requirements(h, &a->wants), a->priority,
			        history_node(h, h->verdict.node), history_node(h, got)),
			    h->o.node[h->verdict.node].id,
			    got < 0 ? "it waits" : h->o.node[got].id);
		oracle_place(&h->o, agent, got);
	}
}

/* True where it wants more than services. */
static bool
has_requirements(const struct history *h, const struct wants *w)
{
	struct buf b = BUF_INIT;
	bool has;

	add_requirements(&b, &h->o, w);
	has = b.len > 0;
	buf_fini(&b);
	return has;
}

/* The agent was moved: compares where it is. */
static void
take_move(struct history *h, int agent)
{
	struct oracle_agent *a = &h->o.agent[agent];
	int got = whereabouts(h, agent);

	oracle_detach(&h->o, agent);
	oracle_judge(&h->o, &a->wants, a->asked, &h->verdict);
	/* What others wait for that require the same is theirs. */
	if (has_requirements(h, &a->wants) && history_rivals(h, &a->wants) > 0)
		h->verdict.node = -1;
	if (h->verdict.node < 0 ? got >= 0 : !history_may_get(h, a->asked, got))
		history_differ(h,
		    fmt("a%d is moved, which wants %s by %d\n  expected node: %s\n  node got: %s",
		        agent, history_requirements(h, &a->wants), a->asked,
		        history_node(h, h->verdict.node), history_node(h, got)),
		    h->verdict.node < 0 ? "it waits" : h->o.node[h->verdict.node].id,
		    got < 0 ? "it waits" : h->o.node[got].id);
	if (got >= 0)
		oracle_place(&h->o, agent, got);
	else
		oracle_enqueue(&h->o, agent);
}

void
moves_leave(struct history *h)
{
	int node = history_between(h, 0, h->o.n_nodes - 1), agent;
	struct oracle_node *n = &h->o.node[node];
	const char *reply, *term = h->term;
	char departure[16];
	int calls = 0;
	bool lost = history_chance(h, 50);

	if (n->gone || n->offline || h->o.n_waiting >= MOVES_WAITING_MAX)
		return;
	snprintf(departure, sizeof(departure), "d%d", h->op);
	if (lost)
		history_lose_node(h, node);
	history_tell(h, fmt("its agents are moved: %s", history_node(h, node)));
	n->offline = true;
	do {
		agent = oracle_first_on(&h->o, node);
		do { /* an index may have to be built first */
			reply = lost ? call(h->s, NODE_EVACUATE, LEADER, "1")
			             : call(h->s, NODE_LEAVE, n->id, "1", "", departure);
			if (++calls > CALLS_MAX)
				history_differ(
				    h, "the agents of a node are moved", "an end", reply);
		} while (agent >= 0 && whereabouts(h, agent) == node);
		if (agent >= 0)
			take_move(h, agent);
	} while (strncmp(reply, "more", 4) == 0);
	if (strncmp(reply, "ok|", 3) != 0 || agent >= 0)
		history_differ(h, "the agents of a node are moved", "an end", reply);
	if (!lost) {
		n->gone = true;
		n->draining = n->offline = false;
		n->chosen = 0;
		n->cpu_usage = n->memory_usage = 0;
	}
	moves_settle(h);
}

void
moves_check_waiting(struct history *h)
{
	int i;

	for (i = 0; i < h->o.n_waiting; i++) {
		const char *reply = call(h->s, AGENT_GET, fmt("a%d", h->o.waiting[i]));
		const char *expected = fmt("pending %d", i + 1);

		reply = fmt("%s %s", part(reply, 2 + ASSIGNMENT_ROW_STATUS),
		    part(reply, 2 + ASSIGNMENT_ROW_POSITION));
		if (strcmp(reply, expected) != 0)
			history_differ(
			    h, fmt("a%d in the queue", h->o.waiting[i]), expected, reply);
	}
}
