/* The operations on nodes, for operators and for the node's own program. */
#include "client/nodes.h"

#include "client/client.h"
#include "client/reply.h"

#include <inttypes.h>

#define NODES "/api/cluster/nodes"

muster_reply *
muster_node_list(muster_client *c, const struct muster_nodes_filter *filter)
{
	static const struct muster_nodes_filter all = { 0 };
	struct buf path = BUF_INIT;
	muster_reply *r;

	if (filter == NULL)
		filter = &all;
	buf_add_str(&path, NODES);
	if (filter->limit != 0)
		buf_addf(&path, "?limit=%d", filter->limit);
	client_add_query(&path, "cursor", filter->cursor);
	client_add_query(&path, "status", filter->status);
	client_add_query(&path, "role", filter->role);
	client_add_query(&path, "service", filter->service);
	client_add_query(&path, "zone", filter->zone);
	r = client_get(c, buf_str(&path));
	buf_fini(&path);
	return r;
}

/* Makes a call about the node `id`. */
static muster_reply *
call_node(muster_client *c, const char *method, const char *id, const char *body, const char *key)
{
	struct buf path = BUF_INIT;
	muster_reply *r;

	if (!client_check_id(c, "id", id))
		return NULL;
	buf_addf(&path, NODES "/%s", id);
	r = client_call(c, &(struct call){ method, buf_str(&path), body, key });
	buf_fini(&path);
	return r;
}

muster_reply *
muster_node_get(muster_client *c, const char *id)
{
	return call_node(c, "GET", id, NULL, NULL);
}

muster_reply *
node_register_keyed(muster_client *c, const char *json, const char *key)
{
	return client_call(c, &(struct call){ "POST", NODES, json, key });
}

muster_reply *
muster_node_register(muster_client *c, const char *json)
{
	char key[NONCE_SIZE];

	if (json == NULL)
		return client_bad_argument(c, "json: a value is required");
	return node_register_keyed(c, json, id_nonce(key));
}

muster_reply *
muster_node_heartbeat(muster_client *c, const char *id, const char *json)
{
	return call_node(c, "POST", id, json != NULL ? json : "", NULL);
}

muster_reply *
muster_node_drain(muster_client *c, const char *id)
{
	char key[NONCE_SIZE];

	return call_node(c, "POST", id, "{\"status\":\"draining\"}", id_nonce(key));
}

muster_reply *
muster_node_undrain(muster_client *c, const char *id)
{
	char key[NONCE_SIZE];

	return call_node(c, "POST", id, "{\"status\":\"online\"}", id_nonce(key));
}

muster_reply *
muster_node_leave(muster_client *c, const char *id)
{
	return muster_node_leave_as(c, id, 0);
}

muster_reply *
muster_node_leave_as(muster_client *c, const char *id, int64_t incarnation)
{
	struct buf path = BUF_INIT;
	muster_reply *r;

	if (!client_check_id(c, "id", id))
		return NULL;
	buf_addf(&path, NODES "/%s", id);
	if (incarnation > 0)
		buf_addf(&path, "?incarnation=%" PRId64, incarnation);
	r = client_delete(c, buf_str(&path));
	buf_fini(&path);
	if (r == NULL || muster_reply_has(r, "node_id"))
		return r;
	muster_reply_free(r);
	return reply_new(json_pack("{s:s, s:n, s:n}", "node_id", id, "moved", "pending"));
}
