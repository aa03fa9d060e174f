/*
 * The events replayed: who owns what, if one believes the stream of changes alone. Read on at
 * each quiet moment; what it comes to has to equal the state.
 */
#ifndef CHAOS_REPLAY_H
#define CHAOS_REPLAY_H

#include "chaos/findings.h"

#include <hiredis/hiredis.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct replay {
	json_t *owners; /* agent: "<node> <epoch>", node "" while it waits */
	json_t *epochs; /* agent: the last epoch, also of those released */
	char last[48];  /* the id of the last event read */
	int64_t term;   /* the last */
	long moves;     /* of agents, because their node was lost */
	long deaths;    /* of nodes */
};

void replay_init(struct replay *r);
void replay_fini(struct replay *r);

/*
 * Reads on to the end of the stream; false where Redis does not answer. Finds EPOCH_BACK and
 * TERM_BACK where an event's token does not rise, REPLAY where an event does not follow.
 */
bool replay_read(struct replay *r, redisContext *redis, const char *prefix, struct findings *f);

/* Compares with a dump made while nothing changed. Finds REPLAY. */
void replay_compare(const struct replay *r, json_t *dump, struct findings *f);

#endif
