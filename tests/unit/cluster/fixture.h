/*
 * A process of a cluster before a fake Redis, with options and an identity. The test writes the
 * replies of the scripts, and decides when they come.
 */
#ifndef UNIT_CLUSTER_FIXTURE_H
#define UNIT_CLUSTER_FIXTURE_H

#include "cluster/identity.h"
#include "unit/redis/fixture.h"

enum { SCENE_REPLIES_MAX = 12 };

struct scene {
	struct fake fake;
	struct client client; /* its connection is ready */
	struct config config;
	struct identity id; /* candidate "c1" with nonce "nonce" */
	int idle;           /* events of the loop at the start; see scene_wait_idle */
	char replies[SCENE_REPLIES_MAX][512];
	size_t n_replies;
};

/*
 * The text of a script's reply: an outcome and a row, whose columns are separated by tabs, or "" for
 * no row. An error begins with a '-'. Valid until scene_stop.
 */
const char *scene_reply(struct scene *s, const char *outcome, const char *row);

/* Starts the fake with these lines, as in fake_start, and connects. The options are the defaults. */
void scene_start(struct scene *s, const struct fake_line *lines);

/* Frees the connection. After that, free what used it, and call scene_fini. */
void scene_stop(struct scene *s);
void scene_fini(struct scene *s);

/* Runs the loop until the fake has got `n` calls of the script. */
void scene_wait_calls(struct scene *s, const char *script, size_t n);

/* Runs the loop until all that was sent is answered but for the `n` commands that have no reply. */
void scene_wait_answers(struct scene *s, size_t n);

/* Runs the loop until no timer is left that the code under test has set. */
void scene_wait_idle(struct scene *s);

/* Sends commands that get no reply until a usual command would be refused. "HOLD" must have a line. */
void scene_fill(struct scene *s);

#endif
