/* Steps of a history about nodes. */
#ifndef SUPPORT_MAKE_NODES_H
#define SUPPORT_MAKE_NODES_H

#include "support/maker.h"

/* Registers node `i`, or registers it again with other values; with much room if `large`. */
void add_register(struct maker *m, struct step *st, int i, bool large);

/* Each adds a step: registrations; a node that leaves. */
void make_register(struct maker *m);
void make_leave(struct maker *m);

/* Adds steps: more agents are pending than are placed at once when a large node registers. */
void make_rush(struct maker *m);

/* Adds a step of heartbeats of live nodes, which report their usage, or their health or status. */
void make_heartbeat(struct maker *m);

/* Adds steps: some nodes are unwell, or drain, while agents ask, and come back. */
void make_pause(struct maker *m);

/* Adds steps: some nodes beat, the others lapse; perhaps the leader sees it; most come back. */
void make_lapse(struct maker *m);

#endif
