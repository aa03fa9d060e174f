/* Steps of a history about agents. */
#ifndef SUPPORT_MAKE_AGENTS_H
#define SUPPORT_MAKE_AGENTS_H

#include "support/maker.h"

/* Adds a step of assigns, of releases, of look-ups. */
void make_assign(struct maker *m);
void make_release(struct maker *m);
void make_lookup(struct maker *m);

/* Adds a step in which more agents queue than are placed at once. */
void make_crowd(struct maker *m);

#endif
