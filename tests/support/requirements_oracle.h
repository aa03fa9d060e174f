/*
 * What the contract says of requirements, computed by brute force: a model of nodes and of the agents on
 * them, and for a request the answer that it must get. It looks at every node for each request, and shares
 * nothing with the scripts. It knows no cluster: requirements_maker.h makes random ones.
 */
#ifndef SUPPORT_REQUIREMENTS_ORACLE_H
#define SUPPORT_REQUIREMENTS_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ORACLE_NODES_MAX = 1000,
	ORACLE_AGENTS_MAX = 20000,
	ORACLE_WAITING_MAX = 256,
	ORACLE_SERVICES = 4,
	ORACLE_ZONES = 6,
	ORACLE_LABELS = 4, /* keys; the values are numbers from 1 on */
	ORACLE_RESOURCES = 3,
	ORACLE_GROUPS = 8,
	ORACLE_LISTED_MAX = 4, /* node ids in a request */
	ORACLE_TOP = 5
};

enum oracle_role { ROLE_WORKER, ROLE_STANDBY, ROLE_REPLICA };

/* Why a node cannot take an agent, in the order in which reasons count. */
enum oracle_reason {
	WHY_OFFLINE,
	WHY_UNHEALTHY,
	WHY_DRAINING,
	WHY_ROLE,
	WHY_SERVICE,
	WHY_LABEL,
	WHY_ZONE,
	WHY_NODE,
	WHY_RESOURCE,
	WHY_FULL,
	WHY_SPREAD,
	WHY_COUNT
};

/* The same as words, as in a refusal. */
extern const char *const oracle_reasons[WHY_COUNT];

/* The strategies, by name; "random" says only which nodes may be drawn. */
enum oracle_strategy {
	BY_LEAST_LOADED,
	BY_LEAST_AGENTS,
	BY_ROUND_ROBIN,
	BY_WEIGHTED,
	BY_PACKED,
	BY_RANDOM,
	BY_COUNT
};
extern const char *const oracle_strategies[BY_COUNT];

/* How a group is spread; SPREAD_LABEL + k is by the label of number k. */
enum { SPREAD_NONE, SPREAD_NODE, SPREAD_ZONE, SPREAD_LABEL };

/* What an agent requires. Numbers of zones, label values and groups begin with 1; 0 is none. */
struct wants {
	unsigned services; /* a bit for each */
	int label[ORACLE_LABELS];
	unsigned zones;                          /* a bit for each number; 0: any */
	int listed[ORACLE_LISTED_MAX], n_listed; /* nodes by number */
	int excluded[ORACLE_LISTED_MAX], n_excluded;
	long long resource[ORACLE_RESOURCES];
	int group, spread_by;
	int most, skew; /* 0: no limit */
	bool soft;
};

struct oracle_node {
	char id[24];
	enum oracle_role role;
	bool gone; /* there is no such node now */
	bool offline, draining;
	bool unhealthy; /* by its own report */
	bool suspect;   /* its heartbeat has expired */
	bool silent;    /* the same, and nobody has noted it yet */
	int max_agents, weight, cpu_usage, memory_usage;
	unsigned services;
	int label[ORACLE_LABELS], zone;
	long long resource[ORACLE_RESOURCES]; /* declared */

	/* What follows from its agents. */
	int active_agents;
	long long allocated[ORACLE_RESOURCES];
	int in_group[ORACLE_GROUPS + 1];
	uint64_t chosen; /* greater, the later it was last chosen; 0: never */
};

struct oracle_agent {
	struct wants wants;
	int asked; /* the strategy that it names; -1: the cluster's */
	int priority;
	int node; /* -1: it does not run */
	bool waits;
	uint64_t created, queued; /* in which order; queued: of one that waits */
};

struct oracle {
	struct oracle_node node[ORACLE_NODES_MAX];
	int n_nodes;
	struct oracle_agent agent[ORACLE_AGENTS_MAX];
	int waiting[ORACLE_WAITING_MAX], n_waiting; /* agents, those first that are placed first */
	enum oracle_strategy strategy;              /* the cluster's */
	uint64_t steps; /* counts what has an order: placements, agents and queued agents */
};

struct verdict {
	int node;     /* -1: no node can take the agent; by lot: one that may be drawn */
	int eligible; /* nodes that can */
	int reasons[WHY_COUNT];
	int top[ORACLE_TOP], n_top; /* the best, in order */
	/* Of each node: 0 to 3 where it can take the agent, the lowest goes first; else -1. */
	signed char tier[ORACLE_NODES_MAX];
};

/* Forgets all nodes and agents. */
void oracle_reset(struct oracle *o);

/* What a new agent that wants this must be answered. asked: as in oracle_agent. */
void oracle_judge(const struct oracle *o, const struct wants *wants, int asked, struct verdict *v);

/* True where the agent has an assignment: it runs, or it waits. */
bool oracle_stands(const struct oracle *o, int agent);

/* Makes an assignment for an agent that has none; oracle_place or oracle_enqueue must follow. */
void oracle_add(struct oracle *o, int agent, const struct wants *wants, int asked, int priority);

/* Gives an agent that does not run to the node; it waits no longer. */
void oracle_place(struct oracle *o, int agent, int node);

/* Lets an agent that does not run wait. There must be fewer than ORACLE_WAITING_MAX that do. */
void oracle_enqueue(struct oracle *o, int agent);

/* Gives an agent another priority. */
void oracle_prioritize(struct oracle *o, int agent, int priority);

/* Takes an agent off its node. */
void oracle_detach(struct oracle *o, int agent);

/* Ends the assignment of an agent. */
void oracle_release(struct oracle *o, int agent);

/* The first agent of those that wait that a node can take, and the verdict on it; -1 for none. */
int oracle_next(const struct oracle *o, struct verdict *v);

/* The agent of the node that was created first; -1 for none. */
int oracle_first_on(const struct oracle *o, int node);

#endif
