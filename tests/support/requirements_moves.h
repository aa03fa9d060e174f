/*
 * Agents of a history (requirements_history.h) that the cluster places by itself: those that wait, and those
 * whose node leaves or is lost. Where each comes to is compared with the model.
 */
#ifndef SUPPORT_REQUIREMENTS_MOVES_H
#define SUPPORT_REQUIREMENTS_MOVES_H

#include "support/requirements_history.h"

enum { MOVES_WAITING_MAX = 32 /* with so many, no further agent is to wait */ };

/* Lets the leader place those that wait, and compares who was placed where. To be called after each change. */
void moves_settle(struct history *h);

/* A random node leaves, or is lost, and its agents are moved one by one. */
void moves_leave(struct history *h);

/* Compares the waiting agents, and their order. */
void moves_check_waiting(struct history *h);

#endif
