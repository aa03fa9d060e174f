/* Observations of Redis, compared. Invariant: `since` is never later than the last observation. */
#include "cluster/continuity.h"

#include <stdio.h>
#include <string.h>

void
continuity_init(struct continuity *c, int64_t slack_ms)
{
	memset(c, 0, sizeof(*c));
	c->slack_ms = slack_ms;
}

/* What this observation shows to have interrupted Redis since the last one, or NULL. */
static const char *
discontinuity(
    const struct continuity *c, int64_t sent, int64_t got, int64_t redis_ms, const char *run_id)
{
	int64_t passed = redis_ms - c->redis_ms;

	if (c->since == 0)
		return "Redis was not seen before";
	if (strcmp(c->run_id, run_id) != 0)
		return "Redis was restarted, or it is another";
	if (got - c->got > c->slack_ms)
		return "Redis did not answer for a while";
	/* The least and the most time that can have passed between the two readings of the clock. */
	if (passed < sent - c->got - c->slack_ms || passed > got - c->sent + c->slack_ms)
		return "the clock of Redis was set";
	return NULL;
}

const char *
continuity_observe(
    struct continuity *c, int64_t sent, int64_t got, int64_t redis_ms, const char *run_id)
{
	const char *why = discontinuity(c, sent, got, redis_ms, run_id);

	if (why != NULL)
		c->since = got;
	c->sent = sent;
	c->got = got;
	c->redis_ms = redis_ms;
	snprintf(c->run_id, sizeof(c->run_id), "%s", run_id);
	return why;
}

void
continuity_break(struct continuity *c, int64_t now)
{
	c->since = now;
}

bool
continuity_lasts(const struct continuity *c, int64_t now, int64_t ms)
{
	return c->since != 0 && now - c->since >= ms;
}

void
continuity_window(const struct continuity *c, int64_t now, int64_t *earliest, int64_t *latest)
{
	*earliest = c->redis_ms + (now - c->got) - c->slack_ms;
	*latest = c->redis_ms + (now - c->sent) + c->slack_ms;
}
