/* Agents: assigning one to a node, looking up and listing assignments, changing them, releasing. */
#include "api/agent.h"

#include "api/args_body.h"
#include "api/call.h"
#include "api/output.h"
#include "base/json.h"
#include "base/text.h"
#include "http/reply.h"

static const struct in_field spread_in[] = {
	{ 0, "by", IN_DOMAIN, .required = true, .needs = "max|max_skew" },
	{ 1, "max", IN_INT, .least = 1, .most = 1000000 },
	{ 2, "max_skew", IN_INT, .least = 1, .most = 1000000 },
	{ 3, "prefer", IN_FLAG },
};

enum { TERMS = AGENT_ASSIGN_ITEM_TERMS, PRIORITY_MAX = 100, METADATA_MAX = 4096 };

#define YEAR_MS   31536000000.0
#define EPOCH_MAX INT64_C(9007199254740991) /* 2^53 - 1: a double has every whole number up to it */

const struct in_field assignment_in[ASSIGNMENT_IN] = {
	{ AGENT_ASSIGN_ITEM_AGENT_ID, "agent_id", IN_ID, .required = true },
	{ AGENT_ASSIGN_ITEM_SERVICES, "services", IN_IDS, .most = 64 },
	{ AGENT_ASSIGN_ITEM_STRATEGY, "strategy", IN_TEXT, .most = 128 },
	{ AGENT_ASSIGN_ITEM_METADATA, "metadata", IN_STRINGS, .most = METADATA_MAX },
	{ TERMS, "queue", IN_FLAG, .term = TERM_QUEUE },
	{ TERMS, "queue_ttl_ms", IN_INT, .most = YEAR_MS, .term = TERM_QUEUE_TTL_MS },
	{ TERMS, "priority", IN_INT, .most = PRIORITY_MAX, .term = TERM_PRIORITY },
	{ TERMS, "dry_run", IN_FLAG, .term = TERM_DRY_RUN },
	{ TERMS, "explain", IN_FLAG, .term = TERM_EXPLAIN },
	{ TERMS, "labels", IN_LABELS, .most = 64, .term = TERM_LABELS },
	{ TERMS, "zones", IN_ID_SET, .most = 64, .term = TERM_ZONES },
	{ TERMS, "node_ids", IN_ID_SET, .most = 64, .term = TERM_NODE_IDS },
	{ TERMS, "exclude_node_ids", IN_ID_SET, .most = 64, .term = TERM_EXCLUDE_NODE_IDS },
	{ TERMS, "resources", IN_AMOUNTS, .most = RESOURCES_MAX, .term = TERM_RESOURCES },
	{ TERMS, "group", IN_ID, .term = TERM_GROUP },
	{ TERMS, "spread", IN_OBJECT, .table = spread_in, .n_table = ARRAY_LEN(spread_in),
	    .needs = "group", .term = TERM_SPREAD },
};

static const struct in_field update_in[] = {
	{ AGENT_UPDATE_ARG_METADATA, "metadata", IN_STRINGS_SET, .most = METADATA_MAX },
	{ AGENT_UPDATE_ARG_PRIORITY, "priority", IN_INT, .most = PRIORITY_MAX },
	{ AGENT_UPDATE_ARG_EPOCH, "epoch", IN_INT, .most = (double)EPOCH_MAX },
};

/* `node` and `waiting` are objects of the columns that follow them. */
const struct out_field assignment_out[ASSIGNMENT_OUT] = {
	{ "agent_id", ASSIGNMENT_ROW_AGENT_ID, OUT_TEXT },
	{ "node_id", ASSIGNMENT_ROW_NODE_ID, OUT_NULL },
	{ "status", ASSIGNMENT_ROW_STATUS, OUT_TEXT },
	{ "epoch", ASSIGNMENT_ROW_EPOCH, OUT_NUMBER },
	{ "services", ASSIGNMENT_ROW_SERVICES, OUT_IDS },
	{ "requirements", ASSIGNMENT_ROW_REQUIRES, OUT_TERMS, .optional = true },
	{ "strategy", ASSIGNMENT_ROW_STRATEGY, OUT_TEXT },
	{ "priority", ASSIGNMENT_ROW_PRIORITY, OUT_NUMBER, .optional = true },
	{ "metadata", ASSIGNMENT_ROW_METADATA, OUT_JSON },
	{ "assigned_at", ASSIGNMENT_ROW_ASSIGNED_AT, OUT_TIME },
	{ "previous_node_id", ASSIGNMENT_ROW_PREVIOUS_NODE_ID, OUT_NULL },
	{ "reason", ASSIGNMENT_ROW_REASON, OUT_TEXT },
	{ "waiting", ASSIGNMENT_ROW_SINCE, OUT_OBJECT, 3, .optional = true },
	{ "since", ASSIGNMENT_ROW_SINCE, OUT_TIME },
	{ "position", ASSIGNMENT_ROW_POSITION, OUT_NUMBER },
	{ "reasons", ASSIGNMENT_ROW_REASONS, OUT_COUNTS },
	{ "node", ASSIGNMENT_ROW_HOSTNAME, OUT_OBJECT, 4 },
	{ "hostname", ASSIGNMENT_ROW_HOSTNAME, OUT_TEXT },
	{ "ip_address", ASSIGNMENT_ROW_IP_ADDRESS, OUT_TEXT },
	{ "port", ASSIGNMENT_ROW_PORT, OUT_NUMBER },
	{ "healthy", ASSIGNMENT_ROW_HEALTHY, OUT_BOOL },
	{ "explanation", ASSIGNMENT_ROW_EXPLANATION, OUT_JSON, .optional = true },
};

int
assignment_status(enum outcome outcome)
{
	return outcome == OUTCOME_CREATED ? 201 : outcome == OUTCOME_PENDING ? 202 : 200;
}

static void
agent_list_done(struct request *rq, const struct script_reply *r)
{
	struct buf b = BUF_INIT;

	output_list(&b, "assignments", r, assignment_out, ASSIGNMENT_OUT);
	reply_json(rq, 200, &b);
}

void
agent_list(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_AGENT_LIST);
	args_query_int(&a, AGENT_LIST_ARG_LIMIT, rq, "limit", 1, 1000, "100");
	args_query(&a, AGENT_LIST_ARG_CURSOR, rq, "cursor", NULL);
	args_query(&a, AGENT_LIST_ARG_NODE_ID, rq, "node_id", NULL);
	args_query(&a, AGENT_LIST_ARG_STATUS, rq, "status", "assigned|pending");
	args_query(&a, AGENT_LIST_ARG_SERVICE, rq, "service", NULL);
	args_watch(&a, "agent,node", args_get(&a, AGENT_LIST_ARG_NODE_ID), "");
	args_watch_shown(&a,
	    (struct watch){ .kind = WATCH_AGENTS,
	        .filtered = *args_get(&a, AGENT_LIST_ARG_CURSOR) != '\0' ||
	            args_any(&a, AGENT_LIST_ARG_STATUS, AGENT_LIST_ARG_SERVICE),
	        .by_status = *args_get(&a, AGENT_LIST_ARG_STATUS) != '\0' });
	call_script(rq, &a, agent_list_done);
}

static void
reply_assignment(struct request *rq, int status, const struct script_reply *r)
{
	struct buf b = BUF_INIT;

	output_row(&b, NULL, &r->head, assignment_out, ASSIGNMENT_OUT);
	reply_json(rq, status, &b);
}

static void
agent_assign_done(struct request *rq, const struct script_reply *r)
{
	int status = assignment_status(r->outcome);

	if (status != 200)
		reply_location(rq, "/api/cluster/assignments/",
		    script_row_text(&r->head, ASSIGNMENT_ROW_AGENT_ID),
		    script_row_len(&r->head, ASSIGNMENT_ROW_AGENT_ID));
	reply_assignment(rq, status, r);
}

void
agent_assign(struct request *rq)
{
	const char *terms;
	struct args a;

	args_begin(&a, SCRIPT_AGENT_ASSIGN);
	args_body(&a, rq, assignment_in, ARRAY_LEN(assignment_in));
	/*
	 * A call with another strategy may have to build its index first, and one that explains looks at
	 * many nodes: such calls go alone. One that changes nothing must not see what others change.
	 */
	terms = args_get(&a, TERMS);
	a.script.coalesce = *args_get(&a, AGENT_ASSIGN_ITEM_STRATEGY) == '\0' &&
	    (*terms == '\0' ||
	        (!terms_have(terms, TERM_DRY_RUN) && !terms_have(terms, TERM_EXPLAIN)));
	args_pack(&a);
	call_script(rq, &a, agent_assign_done);
}

static void
agent_get_done(struct request *rq, const struct script_reply *r)
{
	reply_assignment(rq, 200, r);
}

void
agent_update(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_AGENT_UPDATE);
	args_param(&a, AGENT_UPDATE_ARG_ID, rq, 0, "agent_id");
	args_body(&a, rq, update_in, ARRAY_LEN(update_in));
	if (!args_any(&a, AGENT_UPDATE_ARG_METADATA, AGENT_UPDATE_ARG_PRIORITY))
		args_fail(&a, ERR_MISSING_FIELD, "metadata: this or priority is required");
	call_script(rq, &a, agent_get_done);
}

void
agent_get(struct request *rq)
{
	struct watch watch = { .kind = WATCH_ASSIGNMENT };
	struct args a;

	args_begin(&a, SCRIPT_AGENT_GET);
	args_param(&a, AGENT_GET_ITEM_AGENT_ID, rq, 0, "agent_id");
	a.script.coalesce = true;
	args_watch(&a, "agent,node", "", "");
	text_copy(watch.agent_id, sizeof(watch.agent_id), args_get(&a, AGENT_GET_ITEM_AGENT_ID));
	args_watch_shown(&a, watch);
	args_pack(&a);
	call_script(rq, &a, agent_get_done);
}

static void
agent_release_done(struct request *rq, const struct script_reply *r)
{
	(void)r;
	reply_empty(rq, 204);
}

void
agent_release_id(struct request *rq, const char *id)
{
	struct args a;

	args_begin(&a, SCRIPT_AGENT_RELEASE);
	args_id(&a, AGENT_RELEASE_ITEM_AGENT_ID, id, "agent_id");
	args_query_int(&a, AGENT_RELEASE_ITEM_EPOCH, rq, "epoch", 0, EPOCH_MAX, "");
	args_pack(&a);
	args_text(&a, AGENT_RELEASE_ARG_FORGOTTEN, "");
	a.script.coalesce = true;
	call_script(rq, &a, agent_release_done);
}

void
agent_release(struct request *rq)
{
	agent_release_id(rq, request_param(rq, 0));
}
