/*
 * What is said on every new connection before the first command, as a table of steps: AUTH, SELECT,
 * CLIENT SETNAME, ROLE (which must say master), a look at maxmemory-policy, and INFO (7.0 or
 * newer). Knows no connection: whoever has one sends each step's command, all at once, and lets
 * handshake_check judge the replies, which come in the same order.
 */
#ifndef REDIS_HANDSHAKE_H
#define REDIS_HANDSHAKE_H

#include "redis/ids.h"
#include "redis/reply.h"
#include "redis/url.h"

#include <stddef.h>

enum { HANDSHAKE_STEPS = 6, HANDSHAKE_WORDS_MAX = 3 };

struct handshake {
	const struct redis_url *url; /* borrowed */
	const char *client_name;     /* for CLIENT SETNAME; borrowed */
	char db[12];
	char run_id[REDIS_RUN_ID_SIZE]; /* of this Redis; known after the last step */
};

/*
 * Leaves the command of `step` in `words`, borrowed from `h`. Returns how many words it has, or 0
 * if the step is to be skipped. The last step is never skipped.
 */
size_t handshake_command(struct handshake *h, size_t step, const char *words[HANDSHAKE_WORDS_MAX]);

/*
 * Judges the reply to `step`. Returns NULL if the handshake may go on, else a sentence that says
 * why the connection is of no use, borrowed from the reply.
 */
const char *handshake_check(struct handshake *h, size_t step, const struct reply *r);

/* What a step is called in messages: "CLIENT SETNAME". Static. */
const char *handshake_step_name(size_t step);

#endif
