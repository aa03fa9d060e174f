/* Nodes: registering, heartbeats, listing, leaving. */
#include "api/node.h"

#include "api/app.h"
#include "api/args_body.h"
#include "api/call.h"
#include "api/output.h"
#include "base/id.h"
#include "base/json.h"
#include "http/reply.h"

enum { MOVED_PER_CALL = 20 }; /* agents, when a node leaves */

#define ROLE_CHOICES "worker|standby|replica" /* as ROLES in base/choices.h */
/* Events that change what a node shows. */
#define WATCHED   "node,leader,agent.assigned,agent.moved,agent.pending,agent.released,agent.expired"
#define TOKEN_MAX 9007199254740991.0 /* 2^53 - 1: a double has every whole number up to it */

static const struct in_field register_in[] = {
	{ NODE_REGISTER_ARG_ID, "id", IN_ID, .required = true },
	{ NODE_REGISTER_ARG_HOSTNAME, "hostname", IN_TEXT, .most = 255 },
	{ NODE_REGISTER_ARG_IP_ADDRESS, "ip_address", IN_ADDRESS },
	{ NODE_REGISTER_ARG_PORT, "port", IN_INT, .most = 65535 },
	{ NODE_REGISTER_ARG_ROLE, "role", IN_CHOICE, .choices = ROLE_CHOICES },
	{ NODE_REGISTER_ARG_MAX_AGENTS, "max_agents", IN_INT, .most = 1000000 },
	{ NODE_REGISTER_ARG_SERVICES, "services", IN_IDS, .most = 64 },
	{ NODE_REGISTER_ARG_LABELS, "labels", IN_LABELS, .most = 64 },
	{ NODE_REGISTER_ARG_ZONE, "zone", IN_ID_OPT },
	{ NODE_REGISTER_ARG_WEIGHT, "weight", IN_INT, .most = 1000000 },
	{ NODE_REGISTER_ARG_RESOURCES, "resources", IN_AMOUNTS, .most = RESOURCES_MAX },
};

static const struct in_field heartbeat_in[] = {
	{ NODE_HEARTBEAT_ITEM_CPU_USAGE, "cpu_usage", IN_REAL, .most = 100 },
	{ NODE_HEARTBEAT_ITEM_MEMORY_USAGE, "memory_usage", IN_REAL, .most = 100 },
	{ NODE_HEARTBEAT_ITEM_DISK_USAGE, "disk_usage", IN_REAL, .most = 100 },
	{ NODE_HEARTBEAT_ITEM_LOAD_AVERAGE, "load_average", IN_REAL, .most = 1000000 },
	{ NODE_HEARTBEAT_ITEM_HEALTHY, "healthy", IN_BOOL },
	{ NODE_HEARTBEAT_ITEM_STATUS, "status", IN_CHOICE, .choices = "online|draining" },
	{ NODE_HEARTBEAT_ITEM_INCARNATION, "incarnation", IN_INT, .least = 1, .most = TOKEN_MAX },
	{ NODE_HEARTBEAT_ITEM_TERM_SEEN, "term_seen", IN_INT, .most = TOKEN_MAX },
	{ NODE_HEARTBEAT_ITEM_EPOCH_SEEN, "epoch_seen", IN_INT, .most = TOKEN_MAX },
};

static const struct out_field node_out[] = {
	{ "id", NODE_ROW_ID, OUT_TEXT },
	{ "hostname", NODE_ROW_HOSTNAME, OUT_TEXT },
	{ "ip_address", NODE_ROW_IP_ADDRESS, OUT_TEXT },
	{ "port", NODE_ROW_PORT, OUT_NUMBER },
	{ "role", NODE_ROW_ROLE, OUT_TEXT },
	{ "status", NODE_ROW_STATUS, OUT_TEXT },
	{ "healthy", NODE_ROW_HEALTHY, OUT_BOOL },
	{ "incarnation", NODE_ROW_INCARNATION, OUT_NUMBER },
	{ "max_agents", NODE_ROW_MAX_AGENTS, OUT_NUMBER },
	{ "active_agents", NODE_ROW_ACTIVE_AGENTS, OUT_NUMBER },
	{ "weight", NODE_ROW_WEIGHT, OUT_NUMBER },
	{ "load", NODE_ROW_LOAD, OUT_NUMBER },
	{ "cpu_usage", NODE_ROW_CPU_USAGE, OUT_NUMBER },
	{ "memory_usage", NODE_ROW_MEMORY_USAGE, OUT_NUMBER },
	{ "disk_usage", NODE_ROW_DISK_USAGE, OUT_NUMBER },
	{ "load_average", NODE_ROW_LOAD_AVERAGE, OUT_NUMBER },
	{ "services", NODE_ROW_SERVICES, OUT_IDS },
	{ "labels", NODE_ROW_LABELS, OUT_LABELS },
	{ "zone", NODE_ROW_ZONE, OUT_TEXT },
	{ "resources", NODE_ROW_RESOURCES, OUT_COUNTS },
	{ "allocated", NODE_ROW_ALLOCATED, OUT_COUNTS },
	{ "registered_at", NODE_ROW_REGISTERED_AT, OUT_TIME },
	{ "last_heartbeat", NODE_ROW_LAST_HEARTBEAT, OUT_TIME },
	{ "heartbeat_ttl_ms", NODE_ROW_HEARTBEAT_TTL_MS, OUT_NUMBER },
};

/* The answer to a heartbeat, in addition to the node. */
static const struct out_field heartbeat_out[] = {
	{ "leader_id", HEARTBEAT_ROW_LEADER_ID, OUT_NULL },
	{ "term", HEARTBEAT_ROW_TERM, OUT_NUMBER },
	{ "heartbeat_interval_ms", HEARTBEAT_ROW_INTERVAL_MS, OUT_NUMBER },
	{ "heartbeat_ttl_ms", HEARTBEAT_ROW_TTL_MS, OUT_NUMBER },
};

static void
node_list_done(struct request *rq, const struct script_reply *r)
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
	args_query_int(&a, NODE_LIST_ARG_LIMIT, rq, "limit", 1, 1000, "100");
	args_query(&a, NODE_LIST_ARG_CURSOR, rq, "cursor", NULL);
	args_query(&a, NODE_LIST_ARG_STATUS, rq, "status", "online|draining|offline");
	args_query(&a, NODE_LIST_ARG_ROLE, rq, "role", ROLE_CHOICES "|leader");
	args_query(&a, NODE_LIST_ARG_SERVICE, rq, "service", NULL);
	args_query(&a, NODE_LIST_ARG_ZONE, rq, "zone", NULL);
	args_watch(&a, WATCHED, "", "");
	args_watch_shown(&a,
	    (struct watch){ .kind = WATCH_NODES,
	        .filtered = args_any(&a, NODE_LIST_ARG_CURSOR, NODE_LIST_ARG_ZONE),
	        .by_status = *args_get(&a, NODE_LIST_ARG_STATUS) != '\0',
	        .by_role = *args_get(&a, NODE_LIST_ARG_ROLE) != '\0' });
	call_script(rq, &a, node_list_done);
}

static void
reply_node(struct request *rq, int status, const struct script_row *row)
{
	struct buf b = BUF_INIT;

	output_row(&b, NULL, row, node_out, ARRAY_LEN(node_out));
	reply_json(rq, status, &b);
}

static void
node_register_done(struct request *rq, const struct script_reply *r)
{
	bool created = r->outcome == OUTCOME_CREATED;

	if (created)
		reply_location(rq, "/api/cluster/nodes/", script_row_text(&r->head, NODE_ROW_ID),
		    script_row_len(&r->head, NODE_ROW_ID));
	reply_node(rq, created ? 201 : 200, &r->head);
}

void
node_register(struct request *rq)
{
	const struct config *config = ((const struct app *)request_app(rq))->config;
	struct args a;

	args_begin(&a, SCRIPT_NODE_REGISTER);
	args_body(&a, rq, register_in, ARRAY_LEN(register_in));
	args_default(&a, NODE_REGISTER_ARG_HOSTNAME, args_get(&a, NODE_REGISTER_ARG_ID));
	args_default(&a, NODE_REGISTER_ARG_IP_ADDRESS, request_peer(rq));
	args_default(&a, NODE_REGISTER_ARG_PORT, "0");
	args_default(&a, NODE_REGISTER_ARG_ROLE, "worker");
	args_default(&a, NODE_REGISTER_ARG_MAX_AGENTS, "10");
	args_default(&a, NODE_REGISTER_ARG_WEIGHT, args_get(&a, NODE_REGISTER_ARG_MAX_AGENTS));
	args_int(&a, NODE_REGISTER_ARG_TTL_MS, config->heartbeat_ttl);
	args_int(&a, NODE_REGISTER_ARG_INTERVAL_MS, config->heartbeat_interval);
	args_int(&a, NODE_REGISTER_ARG_RATE, config->heartbeat_rate);
	call_script(rq, &a, node_register_done);
}

static void
node_get_done(struct request *rq, const struct script_reply *r)
{
	reply_node(rq, 200, &r->head);
}

void
node_get(struct request *rq)
{
	struct args a;

	args_begin(&a, SCRIPT_NODE_GET);
	args_param(&a, NODE_GET_ARG_ID, rq, 0, "id");
	args_watch(&a, WATCHED, args_get(&a, NODE_GET_ARG_ID), "");
	call_script(rq, &a, node_get_done);
}

static void
node_heartbeat_done(struct request *rq, const struct script_reply *r)
{
	struct script_row node = script_row_part(&r->head, HEARTBEAT_ROW_NODE, NODE_ROW_COUNT);
	struct buf b = BUF_INIT;

	json_begin_object(&b, NULL);
	output_row(&b, "node", &node, node_out, ARRAY_LEN(node_out));
	output_fields(&b, &r->head, heartbeat_out, ARRAY_LEN(heartbeat_out));
	json_end_object(&b);
	reply_json(rq, 200, &b);
}

void
node_heartbeat(struct request *rq)
{
	const struct config *config = ((const struct app *)request_app(rq))->config;
	struct args a;

	args_begin(&a, SCRIPT_NODE_HEARTBEAT);
	args_param(&a, NODE_HEARTBEAT_ITEM_ID, rq, 0, "id");
	args_body(&a, rq, heartbeat_in, ARRAY_LEN(heartbeat_in));
	args_pack(&a);
	args_int(&a, NODE_HEARTBEAT_ARG_TTL_MS, config->heartbeat_ttl);
	args_int(&a, NODE_HEARTBEAT_ARG_INTERVAL_MS, config->heartbeat_interval);
	args_int(&a, NODE_HEARTBEAT_ARG_RATE, config->heartbeat_rate);
	a.script.coalesce = true;
	call_script(rq, &a, node_heartbeat_done);
}

static void
node_leave_done(struct request *rq, const struct script_reply *r)
{
	static const struct out_field counts[] = {
		{ "moved", DEPARTURE_ROW_MOVED, OUT_NUMBER },
		{ "pending", DEPARTURE_ROW_PENDING, OUT_NUMBER },
	};
	struct buf b = BUF_INIT;

	json_begin_object(&b, NULL);
	json_add_text(&b, "node_id", request_param(rq, 0));
	output_fields(&b, &r->head, counts, ARRAY_LEN(counts));
	json_end_object(&b);
	reply_json(rq, 200, &b);
}

void
node_leave(struct request *rq)
{
	struct args a;
	char nonce[NONCE_SIZE];

	args_begin(&a, SCRIPT_NODE_LEAVE);
	args_param(&a, NODE_LEAVE_ARG_ID, rq, 0, "id");
	args_int(&a, NODE_LEAVE_ARG_MOST, MOVED_PER_CALL);
	args_query_int(
	    &a, NODE_LEAVE_ARG_INCARNATION, rq, "incarnation", 1, (int64_t)TOKEN_MAX, "");
	args_text(&a, NODE_LEAVE_ARG_NONCE, id_nonce(nonce));
	call_script(rq, &a, node_leave_done);
}
