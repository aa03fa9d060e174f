/* Steps of a history about agents. */
#ifndef SUPPORT_MAKE_AGENTS_H
#define SUPPORT_MAKE_AGENTS_H

#include "support/maker.h"

/* Each adds a step of assigns, of releases or of look-ups. */
void make_assign(struct maker *m);
void make_release(struct maker *m);
void make_lookup(struct maker *m);

/* Adds a step in which more agents become pending than are placed at once when there is room. */
void make_crowd(struct maker *m);

#endif
