/*
 * Has Redis been there without interruption? After a pause, a restart, a failover or a jump of its
 * clock all heartbeats look late, and no node must be blamed for that. Whoever judges nodes by their
 * heartbeats must know that they could have arrived. Times are milliseconds on our monotonic clock,
 * unless they are called Redis'.
 */
#ifndef CLUSTER_CONTINUITY_H
#define CLUSTER_CONTINUITY_H

#include <stdbool.h>
#include <stdint.h>

struct continuity {
	int64_t slack_ms;  /* the longest gap, and the largest jump, that does not count */
	int64_t since;     /* without interruption since then; 0: Redis was never observed */
	int64_t sent, got; /* the last observation: in between, Redis' clock showed `redis_ms` */
	int64_t redis_ms;
	char run_id[41];
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

/* True if at `now` the continuity has lasted for `ms`. */
bool continuity_lasts(const struct continuity *c, int64_t now, int64_t ms);

/*
 * The range of Redis' clock (ms since 1970) in which a call that is sent at `now` still belongs to this
 * continuity. Redis must have been observed.
 */
void continuity_window(const struct continuity *c, int64_t now, int64_t *earliest, int64_t *latest);

#endif
