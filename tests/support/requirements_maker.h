/*
 * Random nodes and requests for the model of requirements_oracle.h, and the same as texts for the scripts.
 * Label 2 ("host") has another value on each node.
 */
#ifndef SUPPORT_REQUIREMENTS_MAKER_H
#define SUPPORT_REQUIREMENTS_MAKER_H

#include "support/requirements_oracle.h"
#include "support/rng.h"

#include "base/buf.h"

/* Gives node `i` an id and a random profile. Its agents, and how it stands, stay as they are. */
void make_profile(struct oracle *o, int i, struct rng *rng);

/* Random requirements. Of most, some node meets all but resources and spread. */
void make_wants(const struct oracle *o, struct wants *w, struct rng *rng);

/* Adds what scripts are told: services of a bit set; labels and resources of a node; requirements, as they
 * follow the bar in the terms of a request. */
void add_services(struct buf *b, unsigned services);
void add_labels(struct buf *b, const struct oracle_node *node);
void add_amounts(struct buf *b, const long long *amount);
void add_requirements(struct buf *b, const struct oracle *o, const struct wants *w);

/* The name of a zone; "" for number 0. */
const char *zone_name(int zone);

extern const char *const role_names[];

#endif
