/*
 * GET /metrics: what this process counts and uses, and the state of the cluster from one script call.
 * Without Redis, the state of the cluster is left out.
 */
#include "api/metrics.h"

#include "api/app.h"
#include "base/choices.h"
#include "base/id.h"
#include "base/metrics.h"
#include "base/pairs.h"
#include "base/process_usage.h"
#include "http/reply.h"
#include "redis/redis_error.h"
#include "redis/script.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An axis with fixed values: the name of the label, and the values. */
struct words {
	const char *label;
	size_t n;
	const char *word[AXIS_STRATEGY_MAX];
};

static const char *const method_names[] = { "GET", "POST", "DELETE" };
static const struct words node_statuses = { "status", 3, { "online", "draining", "offline" } };
static const struct words agent_statuses = { "status", 2, { "assigned", "pending" } };
static const struct words resources = { "resource", 3, { "cpu", "memory", "disk" } };
static const struct words versions = { "version", 1, { MUSTER_VERSION } };
static const struct words reasons = { "reason", 6,
	{ "requested", "node_lost", "node_left", "drained", "rebalanced", "migrated" } };
/* The last one stands for all others. */
static const struct words pending_reasons = { "reason", AXIS_PENDING_REASON_MAX,
	{ "offline", "unhealthy", "quarantined", "draining", "cordoned", "role", "service", "label",
	    "zone", "node", "resource", "full", "spread", "other" } };
static const struct words strategies = { "strategy", STRATEGY_COUNT, { STRATEGY_LIST } };

/* The columns of the statistics: the metric of each, and what to divide it by. */
static const struct {
	size_t column;
	enum metric metric;
	size_t cell;
	double unit;
} from_stats[] = {
	{ STATS_ROW_ONLINE, METRIC_CLUSTER_NODES, 0, 1 },
	{ STATS_ROW_DRAINING, METRIC_CLUSTER_NODES, 1, 1 },
	{ STATS_ROW_OFFLINE, METRIC_CLUSTER_NODES, 2, 1 },
	{ STATS_ROW_HEALTHY, METRIC_CLUSTER_HEALTHY, 0, 1 },
	{ STATS_ROW_ASSIGNED, METRIC_CLUSTER_AGENTS, 0, 1 },
	{ STATS_ROW_PENDING, METRIC_CLUSTER_AGENTS, 1, 1 },
	{ STATS_ROW_CAPACITY, METRIC_CLUSTER_CAPACITY, 0, 1 },
	{ STATS_ROW_AVAILABLE, METRIC_CLUSTER_AVAILABLE, 0, 1 },
	{ STATS_ROW_UTILIZATION, METRIC_CLUSTER_UTILIZATION, 0, 100 },
	{ STATS_ROW_CPU_USAGE, METRIC_CLUSTER_USAGE, 0, 100 },
	{ STATS_ROW_MEMORY_USAGE, METRIC_CLUSTER_USAGE, 1, 100 },
	{ STATS_ROW_DISK_USAGE, METRIC_CLUSTER_USAGE, 2, 100 },
	{ STATS_ROW_LOAD_AVERAGE, METRIC_CLUSTER_LOAD, 0, 1 },
	{ STATS_ROW_HOLD, METRIC_CLUSTER_HOLD, 0, 1 },
};

/* The columns with the placements by reason, in the order of `reasons`. */
static const size_t placements[] = { STATS_ROW_REQUESTED, STATS_ROW_NODE_LOST, STATS_ROW_NODE_LEFT,
	STATS_ROW_DRAINED, STATS_ROW_REBALANCED, STATS_ROW_MIGRATED };

static_assert(
    (int)STRATEGY_COUNT <= (int)AXIS_STRATEGY_MAX, "there are more strategies than are counted");
static_assert(
    ARRAY_LEN(script_sources) <= AXIS_SCRIPT_MAX, "there are more scripts than are counted");
static_assert((int)ERR_COUNT - 1 <= (int)AXIS_CODE_MAX, "there are more errors than are counted");

static void
route_label(struct buf *b, size_t i, const void *arg)
{
	const struct route *routes = arg;

	metrics_add_label(b, "route", i > 0 ? routes[i - 1].pattern : "none");
	metrics_add_label(b, "method", i > 0 ? method_names[routes[i - 1].method] : "none");
}

static void
status_label(struct buf *b, size_t i, const void *arg)
{
	char text[16];

	(void)arg;
	snprintf(text, sizeof(text), "%d", METRIC_STATUS_OF(i));
	metrics_add_label(b, "status", text);
}

static void
code_label(struct buf *b, size_t i, const void *arg)
{
	(void)arg;
	metrics_add_label(b, "code", err_info(METRIC_CODE_OF(i))->code);
}

static void
script_label(struct buf *b, size_t i, const void *arg)
{
	(void)arg;
	metrics_add_label(b, "script", script_sources[i].name);
}

static void
redis_error_label(struct buf *b, size_t i, const void *arg)
{
	(void)arg;
	metrics_add_label(b, "error", redis_error_name(i));
}

static void
words_label(struct buf *b, size_t i, const void *arg)
{
	const struct words *w = arg;

	metrics_add_label(b, w->label, w->word[i]);
}

/* The resources of one reading. */
struct resource_names {
	size_t n;
	char names[AXIS_RESOURCE_NAME_MAX][ID_MAX + 1];
};

static void
resource_name_label(struct buf *b, size_t i, const void *arg)
{
	const struct resource_names *r = arg;

	metrics_add_label(b, "resource", r->names[i]);
}

/* Reads what is taken and what there is of each resource: name=allocated/total,… */
static void
read_resources(
    struct metrics_reading *m, const struct script_row *row, struct resource_names *names)
{
	const char *list = script_row_text(row, STATS_ROW_RESOURCES);
	const char *end = list + script_row_len(row, STATS_ROW_RESOURCES);
	struct pair p;

	while (names->n < AXIS_RESOURCE_NAME_MAX && pairs_take(&list, end, &p)) {
		char *slash;
		double allocated = strtod(p.value, &slash);

		if (!id_valid(p.key, p.key_len) || *slash != '/')
			continue;
		snprintf(names->names[names->n], ID_MAX + 1, "%.*s", (int)p.key_len, p.key);
		metrics_set(m, METRIC_RESOURCE_ALLOCATED, names->n, allocated);
		metrics_set(m, METRIC_RESOURCE_CAPACITY, names->n, strtod(slash + 1, NULL));
		names->n++;
	}
}

/* Reads how many agents wait for each reason: reason=number … */
static void
read_waiting(struct metrics_reading *m, const struct script_row *row)
{
	const char *list = script_row_text(row, STATS_ROW_WAITING);
	const char *end = list + script_row_len(row, STATS_ROW_WAITING);
	double waiting[AXIS_PENDING_REASON_MAX] = { 0 };
	struct pair p;
	size_t i;

	while (pairs_take(&list, end, &p)) {
		for (i = 0; i + 1 < pending_reasons.n; i++)
			if (strlen(pending_reasons.word[i]) == p.key_len &&
			    memcmp(pending_reasons.word[i], p.key, p.key_len) == 0)
				break;
		waiting[i] += strtod(p.value, NULL);
	}
	for (i = 0; i < pending_reasons.n; i++)
		metrics_set(m, METRIC_PENDING_AGENTS, i, waiting[i]);
}

/* Reads how many agents a strategy has placed. */
static void
read_strategy(struct metrics_reading *m, const struct script_row *row)
{
	const char *name = script_row_text(row, PLACEMENTS_ROW_STRATEGY);
	size_t i;

	for (i = 0; i < strategies.n; i++)
		if (strcmp(strategies.word[i], name) == 0)
			metrics_set(m, METRIC_CLUSTER_STRATEGY_PLACEMENTS, i,
			    script_row_number(row, PLACEMENTS_ROW_NUMBER));
}

static void
read_cluster(struct metrics_reading *m, const struct script_reply *r, struct resource_names *names)
{
	const struct script_row *row = &r->head;
	double moves = 0, n;
	size_t i;

	for (i = 0; i < ARRAY_LEN(from_stats); i++)
		metrics_set(m, from_stats[i].metric, from_stats[i].cell,
		    script_row_number(row, from_stats[i].column) / from_stats[i].unit);
	for (i = 0; i < ARRAY_LEN(placements); i++) {
		n = script_row_number(row, placements[i]);
		metrics_set(m, METRIC_CLUSTER_PLACEMENTS, i, n);
		if (placements[i] != STATS_ROW_REQUESTED)
			moves += n;
	}
	metrics_set(m, METRIC_CLUSTER_MOVES, 0, moves);
	metrics_set(m, METRIC_CLUSTER_LED, 0, script_row_len(row, STATS_ROW_LEADER_ID) > 0);
	if (script_row_len(row, STATS_ROW_TERM) > 0)
		metrics_set(m, METRIC_CLUSTER_TERM, 0, script_row_number(row, STATS_ROW_TERM));
	read_resources(m, row, names);
	read_waiting(m, row);
	for (i = 0; i < r->n_rows; i++)
		read_strategy(m, &r->rows[i]);
}

static void
read_process(struct metrics_reading *m)
{
	struct process_usage u;
	const struct {
		enum metric metric;
		const double *value;
	} figures[] = {
		{ METRIC_PROCESS_CPU, &u.cpu_s },
		{ METRIC_PROCESS_RESIDENT, &u.resident_bytes },
		{ METRIC_PROCESS_VIRTUAL, &u.virtual_bytes },
		{ METRIC_PROCESS_THREADS, &u.threads },
		{ METRIC_PROCESS_FDS, &u.fds },
		{ METRIC_PROCESS_FDS_MAX, &u.fds_max },
		{ METRIC_PROCESS_START, &u.started_s },
	};
	size_t i;

	process_usage_read("/proc", &u);
	for (i = 0; i < ARRAY_LEN(figures); i++)
		if (*figures[i].value >= 0)
			metrics_set(m, figures[i].metric, 0, *figures[i].value);
	metrics_set(m, METRIC_BUILD, 0, 1);
}

static void
metrics_get_done(void *arg, enum err e, const struct script_reply *r)
{
	const struct app *app = request_app(arg);
	struct metrics_reading *m = metrics_read();
	struct resource_names taken = { 0 };
	struct metrics_axis axes[AXIS_COUNT] = {
		[AXIS_NONE] = { 1 },
		[AXIS_ROUTE] = { app->n_routes + 1, route_label, app->routes },
		[AXIS_STATUS] = { AXIS_STATUS_MAX, status_label },
		[AXIS_CODE] = { ERR_COUNT - 1, code_label },
		[AXIS_SCRIPT] = { ARRAY_LEN(script_sources), script_label },
		[AXIS_REDIS_ERROR] = { redis_error_kinds(), redis_error_label },
		[AXIS_NODE_STATUS] = { node_statuses.n, words_label, &node_statuses },
		[AXIS_AGENT_STATUS] = { agent_statuses.n, words_label, &agent_statuses },
		[AXIS_RESOURCE] = { resources.n, words_label, &resources },
		[AXIS_PENDING_REASON] = { pending_reasons.n, words_label, &pending_reasons },
		[AXIS_REASON] = { reasons.n, words_label, &reasons },
		[AXIS_STRATEGY] = { strategies.n, words_label, &strategies },
		[AXIS_VERSION] = { versions.n, words_label, &versions },
	};
	struct buf b = BUF_INIT;

	metrics_set(m, METRIC_CLUSTER_UP, 0, e == ERR_OK);
	if (e == ERR_OK)
		read_cluster(m, r, &taken);
	axes[AXIS_RESOURCE_NAME] = (struct metrics_axis){ taken.n, resource_name_label, &taken };
	read_process(m);
	metrics_write(&b, m, axes);
	metrics_free(m);
	reply_text(arg, "text/plain; version=0.0.4; charset=utf-8", &b);
}

void
metrics_get(struct request *rq)
{
	const struct app *app = request_app(rq);
	struct script_args a;

	script_args_init(&a, SCRIPT_STATS_GET);
	script_call(app->redis, app->prefix, &a, metrics_get_done, rq);
}
