/* Who is the leader, and handing over to another one. cluster/leader.c has the campaign. */
#include "api/leader.h"

#include "api/app.h"
#include "api/args_body.h"
#include "api/call.h"
#include "api/output.h"
#include "http/reply.h"

static const struct in_field promote_in[] = {
	{ LEADER_PROMOTE_ARG_ID, "node_id", IN_ID },
};

static const struct out_field leader_out[] = {
	{ "leader_id", LEADER_ROW_LEADER_ID, OUT_TEXT },
	{ "term", LEADER_ROW_TERM, OUT_NUMBER },
	{ "url", LEADER_ROW_URL, OUT_TEXT },
	{ "acquired_at", LEADER_ROW_ACQUIRED_AT, OUT_TIME },
	{ "renewed_at", LEADER_ROW_RENEWED_AT, OUT_TIME },
	{ "lease_ms", LEADER_ROW_LEASE_MS, OUT_NUMBER },
	{ "expires_in_ms", LEADER_ROW_EXPIRES_IN_MS, OUT_NUMBER },
	{ "transitions", LEADER_ROW_TRANSITIONS, OUT_NUMBER },
};

static void
reply_leader(struct request *rq, const struct script_reply *r)
{
	struct buf b = BUF_INIT;

	output_row(&b, NULL, &r->head, leader_out, ARRAY_LEN(leader_out));
	reply_json(rq, 200, &b);
}

static void
leader_get_done(struct request *rq, const struct script_reply *r)
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
leader_promote_done(struct request *rq, const struct script_reply *r)
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
	args_default(&a, LEADER_PROMOTE_ARG_ID, app->candidate);
	call_script(rq, &a, leader_promote_done);
}
