/* Checking the consistency of the whole state, page by page. */
#include "api/state.h"

#include "api/args.h"
#include "api/call.h"
#include "api/output.h"
#include "base/json.h"
#include "http/reply.h"

static const struct out_field violation_out[] = {
	{ "kind", VIOLATION_ROW_KIND, OUT_TEXT },
	{ "subject", VIOLATION_ROW_SUBJECT, OUT_TEXT },
	{ "detail", VIOLATION_ROW_DETAIL, OUT_TEXT },
};

static void
state_check_done(struct request *rq, const struct script_reply *r)
{
	static const struct out_field checked = { "checked", CHECK_ROW_CHECKED, OUT_NUMBER };
	struct buf b = BUF_INIT;

	json_begin_object(&b, NULL);
	output_fields(&b, &r->head, &checked, 1);
	output_rows(
	    &b, "violations", r, CHECK_ROW_NEXT_CURSOR, violation_out, ARRAY_LEN(violation_out));
	json_end_object(&b);
	reply_json(rq, 200, &b);
}

void
state_check(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_STATE_CHECK);
	args_query_int(&a, STATE_CHECK_ARG_LIMIT, rq, "limit", 1, 1000, "100");
	args_query_text(&a, STATE_CHECK_ARG_CURSOR, rq, "cursor", 512);
	args_watch(&a, "", "", "");
	call_script(rq, &a, state_check_done);
}
