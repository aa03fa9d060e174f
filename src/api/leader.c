/* Who leads, and handing over the lead. The campaign itself is in cluster/leader.c. */
#include "api/leader.h"

#include "api/app.h"
#include "api/args_body.h"
#include "api/call.h"
#include "api/output.h"
#include "http/reply.h"

static const struct in_field promote_in[] = {
	{ "node_id", IN_ID },
};

/* In the order of leadership.row in lua/lib/leadership.lua. */
static const struct out_field leader_out[] = {
	{ "leader_id", OUT_TEXT },
	{ "term", OUT_NUMBER },
	{ "url", OUT_TEXT },
	{ "acquired_at", OUT_TIME },
	{ "renewed_at", OUT_TIME },
	{ "lease_ms", OUT_NUMBER },
	{ "expires_in_ms", OUT_NUMBER },
	{ "transitions", OUT_NUMBER },
};

static void
reply_leader(struct request *rq, const struct reply *r)
{
	struct buf b = BUF_INIT;

	output_row(&b, NULL, &r->members[2], leader_out, ARRAY_LEN(leader_out));
	reply_json(rq, 200, &b);
}

static void
leader_get_done(struct request *rq, const struct reply *r)
{
	reply_leader(rq, r);
}

void
leader_get(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_LEADER_GET);
	args_watch(&a, "leader", "", "");
	call_script(rq, &a, leader_get_done);
}

static void
leader_promote_done(struct request *rq, const struct reply *r)
{
	reply_leader(rq, r);
}

void
leader_promote(struct request *rq)
{
	const struct app *app = request_app(rq);
	struct args a;

	args_begin(&a, SCRIPT_LEADER_PROMOTE);
	args_body(&a, rq, promote_in, ARRAY_LEN(promote_in));
	args_default(&a, 0, app->candidate);
	call_script(rq, &a, leader_promote_done);
}
