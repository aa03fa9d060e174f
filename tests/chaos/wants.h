/*
 * What the agents of a run require, by their number, and what the nodes offer, by the digit at the end of
 * their id. An agent always requires the same, so no request conflicts with another.
 */
#ifndef CHAOS_WANTS_H
#define CHAOS_WANTS_H

/* The members of a request for the agent, each with a comma before it: resources, labels or a spread. */
const char *wants_json(int agent);

/* A node's zone, labels and resources: for JSON, each with a comma before it, and as options of musterd. */
const char *offers_json(const char *node);
const char *offers_zone(const char *node);
const char *offers_labels(const char *node);
const char *offers_resources(void);

/*
 * The domain in which the agents of a group count, of a node, and how many of them may be there; 0 for any
 * number. Borrowed as in support/api.h.
 */
const char *wants_domain(const char *group, const char *node);
int wants_most(const char *group);

#endif
