/*
 * Whether Redis has been there all the time. After a pause, a restart, a failover or a jump of its
 * clock every heartbeat is stale at once, and no node may be blamed for that: whoever judges nodes
 * by their heartbeats must know that they could have been heard.
 */
#ifndef CLUSTER_CONTINUITY_H
#define CLUSTER_CONTINUITY_H

#include <stdbool.h>
#include <stdint.h>

struct continuity {
	int64_t slack_ms;  /* a gap, or a jump, up to this is no discontinuity */
	int64_t since;     /* unbroken since then; 0: Redis was never seen */
	int64_t sent, got; /* the last sighting: between them Redis' clock said `redis_ms` */
	int64_t redis_ms;
	char run_id[41];
};

/* Starts with nothing seen. */
void continuity_init(struct continuity *c, int64_t slack_ms);

/*
 * Notes a sighting: a call that was sent and answered then on our monotonic clock (ms) found that
 * time on Redis' clock (ms since 1970) and that run id. Returns NULL, or what broke the
 * continuity since the last sighting: a sentence, static.
 */
const char *continuity_observe(
    struct continuity *c, int64_t sent, int64_t got, int64_t redis_ms, const char *run_id);

/* Breaks the continuity now (monotonic ms), for a reason that a sighting does not show. */
void continuity_break(struct continuity *c, int64_t now);

/* True where it has been unbroken for `ms`, now (monotonic ms). */
bool continuity_lasts(const struct continuity *c, int64_t now, int64_t ms);

/*
 * The bounds of Redis' clock within which a call that is sent now (monotonic ms) belongs to the
 * same continuity. Redis must have been seen.
 */
void continuity_window(const struct continuity *c, int64_t now, int64_t *earliest, int64_t *latest);

#endif
