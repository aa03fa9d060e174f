/*
 * Replays the events: which node owns which agent according to the event stream alone. It is
 * continued at each pause of the clients; the result must equal the state.
 */
#ifndef CHAOS_REPLAY_H
#define CHAOS_REPLAY_H

#include "chaos/findings.h"

#include <hiredis/hiredis.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct replay {
	json_t *owners; /* agent → "<node> <epoch>"; the node is "" while the agent waits */
	json_t *groups; /* agent → "<group> <domain>", of those that run and have a group */
	json_t *epochs; /* agent → its last epoch, also for released agents */
	char last[48];  /* the id of the last event read */
	int64_t term;   /* the last term */
	long moves;     /* of agents whose node was lost */
	long deaths;    /* of nodes */
};

void replay_init(struct replay *r);
void replay_fini(struct replay *r);

/*
 * Reads the stream up to its end. Returns false if Redis does not answer. Adds findings EPOCH_BACK
 * and TERM_BACK if the token of an event is not higher than the last, REPLAY if an event does
 * not fit the state before it, and SPREAD if it brings too many agents of a group into a domain.
 */
bool replay_read(struct replay *r, redisContext *redis, const char *prefix, struct findings *f);

/* Compares the result with a dump that was made while nothing changed. Adds findings REPLAY. */
void replay_compare(const struct replay *r, json_t *dump, struct findings *f);

#endif
