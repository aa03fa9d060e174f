/* The strategy of the cluster: which one is set, and setting another. */
#include "api/balance.h"

#include "api/args_body.h"
#include "api/call.h"
#include "api/output.h"
#include "base/choices.h"
#include "base/json.h"
#include "http/reply.h"

static const struct in_field balance_in[] = {
	{ BALANCE_SET_ARG_WORD, "strategy", IN_TEXT, .most = 128, .required = true },
};

static void
balance_get_done(struct request *rq, const struct script_reply *r)
{
	static const char *const strategies[] = { STRATEGY_LIST };
	struct buf b = BUF_INIT;
	size_t i;

	json_begin_object(&b, NULL);
	json_add_text(&b, "strategy", script_row_text(&r->head, BALANCE_ROW_STRATEGY));
	json_begin_array(&b, "strategies");
	for (i = 0; i < ARRAY_LEN(strategies); i++)
		json_add_text(&b, NULL, strategies[i]);
	json_end_array(&b);
	json_end_object(&b);
	reply_json(rq, 200, &b);
}

void
balance_get(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_BALANCE_GET);
	args_watch(&a, "strategy", "", "");
	call_script(rq, &a, balance_get_done);
}

static void
balance_set_done(struct request *rq, const struct script_reply *r)
{
	static const struct out_field out[] = {
		{ "strategy", SWITCH_ROW_STRATEGY, OUT_TEXT },
		{ "previous", SWITCH_ROW_PREVIOUS, OUT_TEXT },
	};
	struct buf b = BUF_INIT;

	output_row(&b, NULL, &r->head, out, ARRAY_LEN(out));
	reply_json(rq, 200, &b);
}

void
balance_set(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_BALANCE_SET);
	args_body(&a, rq, balance_in, ARRAY_LEN(balance_in));
	call_script(rq, &a, balance_set_done);
}
