/* Nodes: registering, heartbeats, listing, leaving. */
#include "api/node.h"

#include "api/app.h"
#include "api/args_body.h"
#include "api/call.h"
#include "api/output.h"
#include "base/id.h"
#include "base/json.h"
#include "http/reply.h"

#include <stdio.h>
#include <string.h>

enum { MOVED_PER_CALL = 20 };

#define ROLES     "worker|standby|replica"
#define TOKEN_MAX 9007199254740991.0 /* the largest number up to which a double is exact */

static const struct in_field register_in[] = {
	{ "id", IN_ID, .required = true },
	{ "hostname", IN_TEXT, .most = 255 },
	{ "ip_address", IN_ADDRESS },
	{ "port", IN_INT, .most = 65535 },
	{ "role", IN_CHOICE, .choices = ROLES },
	{ "max_agents", IN_INT, .most = 1000000 },
	{ "services", IN_IDS, .most = 64 },
	{ "labels", IN_LABELS, .most = 64 },
	{ "zone", IN_ID_OPT },
	{ "weight", IN_INT, .most = 1000000 },
};

static const struct in_field heartbeat_in[] = {
	{ "cpu_usage", IN_REAL, .most = 100 },
	{ "memory_usage", IN_REAL, .most = 100 },
	{ "disk_usage", IN_REAL, .most = 100 },
	{ "load_average", IN_REAL, .most = 1000000 },
	{ "healthy", IN_BOOL },
	{ "status", IN_CHOICE, .choices = "online|draining" },
	{ "incarnation", IN_INT, .least = 1, .most = TOKEN_MAX },
	{ "term_seen", IN_INT, .most = TOKEN_MAX },
	{ "epoch_seen", IN_INT, .most = TOKEN_MAX },
};

/* In the order of lua/lib/node_row.lua. */
static const struct out_field node_out[] = {
	{ "id", OUT_TEXT },
	{ "hostname", OUT_TEXT },
	{ "ip_address", OUT_TEXT },
	{ "port", OUT_NUMBER },
	{ "role", OUT_TEXT },
	{ "status", OUT_TEXT },
	{ "healthy", OUT_BOOL },
	{ "incarnation", OUT_NUMBER },
	{ "max_agents", OUT_NUMBER },
	{ "active_agents", OUT_NUMBER },
	{ "weight", OUT_NUMBER },
	{ "load", OUT_NUMBER },
	{ "cpu_usage", OUT_NUMBER },
	{ "memory_usage", OUT_NUMBER },
	{ "disk_usage", OUT_NUMBER },
	{ "load_average", OUT_NUMBER },
	{ "services", OUT_IDS },
	{ "labels", OUT_JSON },
	{ "zone", OUT_TEXT },
	{ "registered_at", OUT_TIME },
	{ "last_heartbeat", OUT_TIME },
	{ "heartbeat_ttl_ms", OUT_NUMBER },
};

/* What follows in the row of lua/node_heartbeat.lua. An epoch, which is not shown, comes last. */
static const struct out_field heartbeat_out[] = {
	{ "leader_id", OUT_NULL },
	{ "term", OUT_NUMBER },
	{ "heartbeat_interval_ms", OUT_NUMBER },
	{ "heartbeat_ttl_ms", OUT_NUMBER },
};

static void
node_list_done(struct request *rq, const struct reply *r)
{
	struct buf b = BUF_INIT;

	output_list(&b, "nodes", r, node_out, ARRAY_LEN(node_out));
	reply_json(rq, 200, &b);
}

void
node_list(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_NODE_LIST);
	args_query_int(&a, rq, "limit", 1, 1000, "100");
	args_query(&a, rq, "cursor", NULL);
	args_query(&a, rq, "status", "online|draining|offline");
	args_query(&a, rq, "role", ROLES "|leader");
	args_query(&a, rq, "service", NULL);
	args_query(&a, rq, "zone", NULL);
	args_watch(&a, "node,agent,leader", "", "");
	call_script(rq, &a, node_list_done);
}

/* Appends heartbeat_ttl_ms, heartbeat_interval_ms and heartbeat_rate. */
static void
add_heartbeat_settings(struct args *a, const struct config *c)
{
	const int64_t settings[] = { c->heartbeat_ttl, c->heartbeat_interval, c->heartbeat_rate };
	size_t i;

	for (i = 0; i < ARRAY_LEN(settings); i++)
		args_int(a, settings[i]);
}

static void
reply_node(struct request *rq, int status, const struct reply *row)
{
	struct buf b = BUF_INIT;

	output_row(&b, NULL, row, node_out, ARRAY_LEN(node_out));
	reply_json(rq, status, &b);
}

static void
node_register_done(struct request *rq, const struct reply *r)
{
	bool created = strcmp(script_reply_text(r, 0), "created") == 0;

	const char *id;
	size_t len;

	id = script_row_part(&r->members[2], 0, &len);
	if (created)
		reply_location(rq, "/api/cluster/nodes/", id, len);
	reply_node(rq, created ? 201 : 200, &r->members[2]);
}

void
node_register(struct request *rq)
{
	const struct app *app = request_app(rq);
	struct args a;

	args_begin(&a, SCRIPT_NODE_REGISTER);
	args_body(&a, rq, register_in, ARRAY_LEN(register_in));
	args_default(&a, 1, args_get(&a, 0));
	args_default(&a, 2, request_peer(rq));
	args_default(&a, 3, "0");
	args_default(&a, 4, "worker");
	args_default(&a, 5, "10");
	args_default(&a, 9, args_get(&a, 5));
	add_heartbeat_settings(&a, app->config);
	call_script(rq, &a, node_register_done);
}

static void
node_get_done(struct request *rq, const struct reply *r)
{
	reply_node(rq, 200, &r->members[2]);
}

void
node_get(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_NODE_GET);
	args_param(&a, rq, 0, "id");
	args_watch(&a, "node,agent,leader", args_get(&a, 0), "");
	call_script(rq, &a, node_get_done);
}

static void
node_heartbeat_done(struct request *rq, const struct reply *r)
{
	const struct reply *row = &r->members[2];
	struct reply rest = *row;
	struct buf b = BUF_INIT;
	size_t len;

	rest.text = script_row_part(row, ARRAY_LEN(node_out), &len);
	rest.len = (size_t)(row->text + row->len - rest.text);
	json_begin_object(&b, NULL);
	output_row(&b, "node", row, node_out, ARRAY_LEN(node_out));
	output_text(&b, &rest, heartbeat_out, ARRAY_LEN(heartbeat_out));
	json_end_object(&b);
	reply_json(rq, 200, &b);
}

void
node_heartbeat(struct request *rq)
{
	const struct app *app = request_app(rq);
	struct args a;

	args_begin(&a, SCRIPT_NODE_HEARTBEAT);
	args_param(&a, rq, 0, "id");
	args_body(&a, rq, heartbeat_in, ARRAY_LEN(heartbeat_in));
	args_pack(&a);
	add_heartbeat_settings(&a, app->config);
	a.script.coalesce = true;
	call_script(rq, &a, node_heartbeat_done);
}

static void
node_leave_done(struct request *rq, const struct reply *r)
{
	static const struct out_field counts[] = { { "moved", OUT_NUMBER },
		{ "pending", OUT_NUMBER } };
	struct buf b = BUF_INIT;

	json_begin_object(&b, NULL);
	json_add_text(&b, "node_id", request_param(rq, 0));
	output_fields(&b, r, 2, counts, ARRAY_LEN(counts));
	json_end_object(&b);
	reply_json(rq, 200, &b);
}

void
node_leave(struct request *rq)
{
	struct args a;
	char most[16], nonce[NONCE_SIZE];

	args_begin(&a, SCRIPT_NODE_LEAVE);
	args_param(&a, rq, 0, "id");
	snprintf(most, sizeof(most), "%d", MOVED_PER_CALL);
	args_text(&a, most);
	args_text(&a, "");
	args_text(&a, id_nonce(nonce));
	call_script(rq, &a, node_leave_done);
}
