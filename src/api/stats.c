/* Statistics of the cluster. */
#include "api/stats.h"

#include "api/args.h"
#include "api/call.h"
#include "api/output.h"
#include "http/reply.h"

static const struct out_field stats_out[] = {
	{ "nodes", STATS_ROW_NODES, OUT_OBJECT, 5 },
	{ "total", STATS_ROW_NODES, OUT_NUMBER },
	{ "online", STATS_ROW_ONLINE, OUT_NUMBER },
	{ "offline", STATS_ROW_OFFLINE, OUT_NUMBER },
	{ "draining", STATS_ROW_DRAINING, OUT_NUMBER },
	{ "healthy", STATS_ROW_HEALTHY, OUT_NUMBER },
	{ "agents", STATS_ROW_ASSIGNED, OUT_OBJECT, 5 },
	{ "assigned", STATS_ROW_ASSIGNED, OUT_NUMBER },
	{ "pending", STATS_ROW_PENDING, OUT_NUMBER },
	{ "capacity", STATS_ROW_CAPACITY, OUT_NUMBER },
	{ "available", STATS_ROW_AVAILABLE, OUT_NUMBER },
	{ "utilization", STATS_ROW_UTILIZATION, OUT_NUMBER },
	{ "usage", STATS_ROW_CPU_USAGE, OUT_OBJECT, 4 },
	{ "cpu", STATS_ROW_CPU_USAGE, OUT_NUMBER },
	{ "memory", STATS_ROW_MEMORY_USAGE, OUT_NUMBER },
	{ "disk", STATS_ROW_DISK_USAGE, OUT_NUMBER },
	{ "load_average", STATS_ROW_LOAD_AVERAGE, OUT_NUMBER },
	{ "placements", STATS_ROW_REQUESTED, OUT_OBJECT, 6 },
	{ "requested", STATS_ROW_REQUESTED, OUT_NUMBER },
	{ "node_lost", STATS_ROW_NODE_LOST, OUT_NUMBER },
	{ "node_left", STATS_ROW_NODE_LEFT, OUT_NUMBER },
	{ "drained", STATS_ROW_DRAINED, OUT_NUMBER },
	{ "rebalanced", STATS_ROW_REBALANCED, OUT_NUMBER },
	{ "migrated", STATS_ROW_MIGRATED, OUT_NUMBER },
	{ "strategy", STATS_ROW_STRATEGY, OUT_TEXT },
	{ "leader_id", STATS_ROW_LEADER_ID, OUT_NULL },
	{ "term", STATS_ROW_TERM, OUT_NUMBER },
	{ "hold", STATS_ROW_HOLD, OUT_BOOL },
	{ "resources", STATS_ROW_RESOURCES, OUT_SHARES },
	{ "waiting", STATS_ROW_WAITING, OUT_COUNTS },
};

static void
stats_get_done(struct request *rq, const struct script_reply *r)
{
	struct buf b = BUF_INIT;

	output_row(&b, NULL, &r->head, stats_out, ARRAY_LEN(stats_out));
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
