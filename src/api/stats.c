/* Numbers about the cluster. */
#include "api/stats.h"

#include "api/args.h"
#include "api/call.h"
#include "api/output.h"
#include "http/reply.h"

/* In the order of lua/stats_get.lua. */
static const struct out_field stats_out[] = {
	{ "nodes", OUT_OBJECT, 5 },
	{ "total", OUT_NUMBER },
	{ "online", OUT_NUMBER },
	{ "offline", OUT_NUMBER },
	{ "draining", OUT_NUMBER },
	{ "healthy", OUT_NUMBER },
	{ "agents", OUT_OBJECT, 5 },
	{ "assigned", OUT_NUMBER },
	{ "pending", OUT_NUMBER },
	{ "capacity", OUT_NUMBER },
	{ "available", OUT_NUMBER },
	{ "utilization", OUT_NUMBER },
	{ "usage", OUT_OBJECT, 4 },
	{ "cpu", OUT_NUMBER },
	{ "memory", OUT_NUMBER },
	{ "disk", OUT_NUMBER },
	{ "load_average", OUT_NUMBER },
	{ "placements", OUT_OBJECT, 6 },
	{ "requested", OUT_NUMBER },
	{ "node_lost", OUT_NUMBER },
	{ "node_left", OUT_NUMBER },
	{ "drained", OUT_NUMBER },
	{ "rebalanced", OUT_NUMBER },
	{ "migrated", OUT_NUMBER },
	{ "strategy", OUT_TEXT },
	{ "leader_id", OUT_NULL },
	{ "term", OUT_NUMBER },
	{ "hold", OUT_BOOL },
};

static void
stats_get_done(struct request *rq, const struct reply *r)
{
	struct buf b = BUF_INIT;

	output_row(&b, NULL, &r->members[2], stats_out, ARRAY_LEN(stats_out));
	reply_json(rq, 200, &b);
}

void
stats_get(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_STATS_GET);
	args_watch(&a, "", "", "");
	call_script(rq, &a, stats_get_done);
}
