/* The hold: while many nodes are missing at once, no agents are moved. Operators can change it. */
#include "api/hold.h"

#include "api/args_body.h"
#include "api/call.h"
#include "api/output.h"
#include "http/reply.h"

static const struct in_field hold_in[] = {
	{ HOLD_SET_ARG_ACTION, "action", IN_CHOICE, .choices = "enter|release|confirm_dead",
	    .required = true },
};

static const struct out_field hold_out[] = {
	{ "state", HOLD_ROW_STATE, OUT_TEXT },
	{ "since", HOLD_ROW_SINCE, OUT_TIME },
	{ "why", HOLD_ROW_WHY, OUT_NULL },
	{ "count", HOLD_ROW_MISSED, OUT_NUMBER },
	{ "nodes", HOLD_ROW_NODES, OUT_IDS },
};

static void
reply_hold(struct request *rq, const struct script_reply *r)
{
	struct buf b = BUF_INIT;

	output_row(&b, NULL, &r->head, hold_out, ARRAY_LEN(hold_out));
	reply_json(rq, 200, &b);
}

void
hold_get(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_HOLD_GET);
	args_watch(&a, "hold,node", "", "");
	args_watch_shown(&a, (struct watch){ .kind = WATCH_HOLD });
	call_script(rq, &a, reply_hold);
}

void
hold_set(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_HOLD_SET);
	args_body(&a, rq, hold_in, ARRAY_LEN(hold_in));
	call_script(rq, &a, reply_hold);
}
