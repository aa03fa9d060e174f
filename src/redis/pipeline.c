/*
 * The pipeline. Invariant: `head`..`tail` of the ring of commands are those without a reply, oldest
 * first: Redis replies in the order in which commands were sent.
 */
#include "redis/pipeline.h"

#include "base/clock.h"
#include "base/metrics.h"
#include "redis/redis_error.h"

#include <assert.h>

struct buf *
pipeline_add(struct pipeline *p, int timeout_ms, redis_reply_fn fn, void *arg)
{
	assert(pipeline_in_flight(p) < PIPELINE_MAX);
	metrics_count(METRIC_REDIS_IN_FLIGHT);
	p->commands[p->tail++ % PIPELINE_MAX] = (struct pipeline_command){
		.fn = fn,
		.arg = arg,
		.deadline = clock_mono_ms() + timeout_ms,
	};
	return &p->out;
}

bool
pipeline_is_late(const struct pipeline *p)
{
	return pipeline_in_flight(p) > 0 &&
	    clock_mono_ms() >= p->commands[p->head % PIPELINE_MAX].deadline;
}

/* Takes the oldest command out. */
static struct pipeline_command
take_oldest(struct pipeline *p)
{
	metrics_add(METRIC_REDIS_IN_FLIGHT, 0, 0, -1);
	return p->commands[p->head++ % PIPELINE_MAX];
}

bool
pipeline_answer(struct pipeline *p, const struct reply *r)
{
	struct pipeline_command command = take_oldest(p);
	enum err e = ERR_OK;
	bool close = false;

	if (r->kind == REPLY_ERROR) {
		e = redis_error_to_err(r->text, r->len, &close);
		metrics_add(METRIC_REDIS_ERRORS, redis_error_kind(r->text, r->len), 0, 1);
	}
	command.fn(command.arg, e, r);
	return close;
}

void
pipeline_fail(struct pipeline *p, enum err e)
{
	buf_fini(&p->out);
	while (pipeline_in_flight(p) > 0) {
		struct pipeline_command command = take_oldest(p);

		command.fn(command.arg, e, NULL);
	}
}
