/*
 * What load balancers ask a front-end: does it run, and can it reach Redis? The worker that is asked
 * answers for all, as the next request may come to any of them.
 */
#include "api/health.h"

#include "api/app.h"
#include "base/json.h"
#include "http/reply.h"
#include "redis/script.h"

#include <inttypes.h>
#include <stdio.h>

void
live_check(struct request *rq)
{
	struct buf b = BUF_INIT;

	json_begin_object(&b, NULL);
	json_add_text(&b, "status", "live");
	json_end_object(&b);
	reply_json(rq, 200, &b);
}

static void
ready_check_done(void *arg, enum err e, const struct script_reply *r)
{
	struct request *rq = arg;
	const struct app *app = request_app(rq);
	struct buf b = BUF_INIT;
	const char *why = redis_connection_last_error(app->redis);
	int ready = atomic_load(app->redis_ready);
	char others[64];

	json_begin_object(&b, NULL);
	if (e == ERR_OK && ready >= app->config->workers) {
		json_add_text(&b, "status", "ready");
		json_end_object(&b);
		reply_json(rq, 200, &b);
		return;
	}
	if (e == ERR_OK) {
		snprintf(others, sizeof(others), "%d of %" PRId64 " workers are connected", ready,
		    app->config->workers);
		why = others;
	}
	if (e == ERR_OVERLOADED)
		why = "too many operations are in flight";
	json_add_text(&b, "redis", r->error != NULL ? r->error : why);
	json_end_object(&b);
	reply_problem_reasons(rq, ERR_STORE_UNAVAILABLE, "failing checks: redis", buf_str(&b));
	buf_fini(&b);
}

void
ready_check(struct request *rq)
{
	const struct app *app = request_app(rq);
	struct script_args a;

	script_args_init(&a, SCRIPT_READY_CHECK);
	script_call(app->redis, app->prefix, &a, ready_check_done, rq);
}
