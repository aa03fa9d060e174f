/* Checking the consistency of the whole state, page by page. */
#include "api/state.h"

#include "api/args.h"
#include "api/call.h"
#include "api/output.h"
#include "base/json.h"
#include "http/reply.h"

static const struct out_field violation_out[] = {
	{ "kind", OUT_TEXT },
	{ "subject", OUT_TEXT },
	{ "detail", OUT_TEXT },
};

static void
state_check_done(struct request *rq, const struct reply *r)
{
	static const struct out_field checked = { "checked", OUT_NUMBER };
	struct buf b = BUF_INIT;

	json_begin_object(&b, NULL);
	output_fields(&b, r, 3, &checked, 1);
	output_rows(&b, "violations", r, 4, violation_out, ARRAY_LEN(violation_out));
	json_end_object(&b);
	reply_json(rq, 200, &b);
}

void
state_check(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_STATE_CHECK);
	args_query_int(&a, rq, "limit", 1, 200, "100");
	args_query_text(&a, rq, "cursor", 512);
	args_watch(&a, "", "", "");
	call_script(rq, &a, state_check_done);
}
