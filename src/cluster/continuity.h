/*
 * Whether Redis has been available without interruption. After a pause, a restart, a failover or
 * a change of its clock, all heartbeats look late, although the nodes sent them. So nodes may
 * only be judged by their heartbeats while Redis could receive them. Times are in milliseconds:
 * on our monotonic clock, or on Redis' clock if they are called so.
 */
#ifndef CLUSTER_CONTINUITY_H
#define CLUSTER_CONTINUITY_H

#include "redis/ids.h"

#include <stdbool.h>
#include <stdint.h>

struct continuity {
	int64_t slack_ms;  /* the longest gap, and the largest jump, that does not count */
	int64_t since;     /* no interruption since then; 0: Redis was never observed */
	int64_t sent, got; /* the last observation: in between, Redis' clock showed `redis_ms` */
	int64_t redis_ms;
	char run_id[REDIS_RUN_ID_SIZE];
};

/* Starts without an observation. */
void continuity_init(struct continuity *c, int64_t slack_ms);

/*
 * Notes an observation: a call that was sent at `sent` and answered at `got` found `redis_ms` (since
 * 1970) on Redis' clock, and this run id. Returns NULL, or a static sentence that says what broke the
 * continuity since the last observation.
 */
const char *continuity_observe(
    struct continuity *c, int64_t sent, int64_t got, int64_t redis_ms, const char *run_id);

/* Breaks the continuity at `now`, for a reason that no observation shows. */
void continuity_break(struct continuity *c, int64_t now);

/* True if, at `now`, there was no interruption for `ms`. */
bool continuity_lasts(const struct continuity *c, int64_t now, int64_t ms);

/*
 * The range of Redis' clock (ms since 1970) in which a call that is sent at `now` still belongs to this
 * continuity. Redis must have been observed.
 */
void continuity_window(const struct continuity *c, int64_t now, int64_t *earliest, int64_t *latest);

#endif
