/* Agents: assigning one to a node, looking up and listing assignments, releasing. */
#include "api/agent.h"

#include "api/args_body.h"
#include "api/call.h"
#include "api/output.h"
#include "base/json.h"
#include "http/reply.h"

#include <string.h>

const struct in_field assignment_in[ASSIGNMENT_IN] = {
	{ "agent_id", IN_ID, .required = true },
	{ "services", IN_IDS, .most = 64 },
	{ "strategy", IN_TEXT, .most = 128 },
	{ "metadata", IN_STRINGS, .most = 4096 },
	{ "queue", IN_BOOL },
};

/* In the order of lua/lib/assignment_row.lua; `node` is the part about the node. */
const struct out_field assignment_out[ASSIGNMENT_OUT] = {
	{ "agent_id", OUT_TEXT },
	{ "node_id", OUT_NULL },
	{ "status", OUT_TEXT },
	{ "epoch", OUT_NUMBER },
	{ "services", OUT_IDS },
	{ "strategy", OUT_TEXT },
	{ "metadata", OUT_JSON },
	{ "assigned_at", OUT_TIME },
	{ "previous_node_id", OUT_NULL },
	{ "reason", OUT_TEXT },
	{ "node", OUT_OBJECT, 4 },
	{ "hostname", OUT_TEXT },
	{ "ip_address", OUT_TEXT },
	{ "port", OUT_NUMBER },
	{ "healthy", OUT_BOOL },
};

static void
agent_list_done(struct request *rq, const struct reply *r)
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
	args_query_int(&a, rq, "limit", 1, 1000, "100");
	args_query(&a, rq, "cursor", NULL);
	args_query(&a, rq, "node_id", NULL);
	args_query(&a, rq, "status", "assigned|pending");
	args_query(&a, rq, "service", NULL);
	args_watch(&a, "agent", args_get(&a, 2), "");
	call_script(rq, &a, agent_list_done);
}

static void
reply_assignment(struct request *rq, int status, const struct reply *r)
{
	struct buf b = BUF_INIT;

	output_row(&b, NULL, &r->members[2], assignment_out, ASSIGNMENT_OUT);
	reply_json(rq, status, &b);
}

static void
agent_assign_done(struct request *rq, const struct reply *r)
{
	const char *outcome = script_reply_text(r, 0);
	int status = strcmp(outcome, "created") == 0 ? 201
	    : strcmp(outcome, "pending") == 0        ? 202
	                                             : 200;

	const char *id;
	size_t len;

	if (status != 200) {
		id = script_row_part(&r->members[2], 0, &len);
		reply_location(rq, "/api/cluster/assignments/", id, len);
	}
	reply_assignment(rq, status, r);
}

void
agent_assign(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_AGENT_ASSIGN);
	args_body(&a, rq, assignment_in, ASSIGNMENT_IN);
	/* A call with another strategy may have to build its index first, so it goes alone. */
	a.script.coalesce = *args_get(&a, ASSIGNMENT_STRATEGY) == '\0';
	args_pack(&a);
	call_script(rq, &a, agent_assign_done);
}

static void
agent_get_done(struct request *rq, const struct reply *r)
{
	reply_assignment(rq, 200, r);
}

void
agent_get(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_AGENT_GET);
	args_param(&a, rq, 0, "agent_id");
	a.script.coalesce = true;
	args_watch(&a, "agent", "", args_get(&a, 0));
	args_pack(&a);
	call_script(rq, &a, agent_get_done);
}

static void
agent_release_done(struct request *rq, const struct reply *r)
{
	(void)r;
	reply_empty(rq, 204);
}

void
agent_release_id(struct request *rq, const char *id)
{
	struct args a;

	args_begin(&a, SCRIPT_AGENT_RELEASE);
	args_id(&a, id, "agent_id");
	args_query_int(&a, rq, "epoch", 0, INT64_C(9007199254740991), "");
	args_pack(&a);
	a.script.coalesce = true;
	call_script(rq, &a, agent_release_done);
}

void
agent_release(struct request *rq)
{
	agent_release_id(rq, request_param(rq, 0));
}
