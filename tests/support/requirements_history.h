/*
 * A random history of nodes, carried out on a private redis-server and on the model at once. What comes to
 * the agents is in requirements_requests.h.
 */
#ifndef SUPPORT_REQUIREMENTS_HISTORY_H
#define SUPPORT_REQUIREMENTS_HISTORY_H

#include "support/requirements_maker.h"
#include "support/scripts.h"

struct history {
	struct scripts *s;
	struct oracle o;
	struct rng rng;
	uint64_t seed;
	int n_ops, op, n_agents;
	bool queues; /* some agents wait where no node can take them, and nodes leave */
	char term[32];
	bool silences;          /* heartbeats expire, and nobody notes it */
	struct buf told;        /* what was done so far */
	struct verdict verdict; /* on the request in question */
};

/* Random numbers of the history. */
bool history_chance(struct history *h, int percent);
int history_between(struct history *h, int least, int most);

/* Empties Redis and the model, and registers nodes. One of them is offline. */
void history_begin(struct history *h, int n_nodes);

/* Notes a step. It is printed if the test fails, in a history of few nodes. */
void history_tell(struct history *h, const char *text);

/* Fails the test: `got` is not what the model says. */
void history_differ(struct history *h, const char *what, const char *expected, const char *got);

/* How a node is, for people; "none" for -1. */
const char *history_node(struct history *h, int node);

/* The number of a node; -1 if there is no such node. */
int history_node_of(const struct history *h, const char *id);

/* What an agent wants, as a text: services and requirements. Borrowed as in api.h. */
const char *history_requirements(const struct history *h, const struct wants *wants);

/* How many wait for exactly this. */
int history_rivals(const struct history *h, const struct wants *wants);

/* True where the verdict allows the node (-1 for none): it is the one, or one of those that may be drawn. asked:
 * as in oracle_agent. */
bool history_may_get(const struct history *h, int asked, int node);

/* True while reasons are exact: which of the full or otherwise ruled out nodes still live is not looked up. */
bool history_is_noted(const struct history *h);

/* A node registers anew, beats, changes its health or status, or its heartbeat expires. */
void history_change_node(struct history *h);

/* A node that is not offline is declared so; one that is not leaving begins to leave. Its agents are still
 * to be moved. */
void history_lose_node(struct history *h, int node);

/* Compares the record of each node, and lets the check of the whole state look for violations. */
void history_check(struct history *h);

#endif
