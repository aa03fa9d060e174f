/* The operations on the whole cluster: strategy, leader, statistics, hold, check. */
#include "client/client.h"

#include "base/json.h"

/* Sends {"name": "value"}, or {} if `value` is NULL. */
static muster_reply *
post_text(muster_client *c, const char *path, const char *name, const char *value)
{
	struct buf body = BUF_INIT;
	muster_reply *r;

	json_begin_object(&body, NULL);
	if (value != NULL)
		json_add_text(&body, name, value);
	json_end_object(&body);
	r = client_post(c, path, buf_str(&body));
	buf_fini(&body);
	return r;
}

muster_reply *
muster_balance_get(muster_client *c)
{
	return client_get(c, "/api/cluster/balance");
}

muster_reply *
muster_balance_set(muster_client *c, const char *strategy)
{
	if (strategy == NULL)
		return client_bad_argument(c, "strategy: a value is required");
	return post_text(c, "/api/cluster/balance", "strategy", strategy);
}

muster_reply *
muster_leader_get(muster_client *c)
{
	return client_get(c, "/api/cluster/leader");
}

muster_reply *
muster_leader_promote(muster_client *c, const char *node_id)
{
	if (node_id != NULL && !client_check_id(c, "node_id", node_id))
		return NULL;
	return post_text(c, "/api/cluster/leader", "node_id", node_id);
}

muster_reply *
muster_stats_get(muster_client *c)
{
	return client_get(c, "/api/cluster/stats");
}

muster_reply *
muster_hold_get(muster_client *c)
{
	return client_get(c, "/api/cluster/hold");
}

muster_reply *
muster_hold_set(muster_client *c, const char *action)
{
	if (action == NULL)
		return client_bad_argument(c, "action: a value is required");
	return post_text(c, "/api/cluster/hold", "action", action);
}

muster_reply *
muster_state_check(muster_client *c, const char *cursor, int limit)
{
	struct buf path = BUF_INIT;
	muster_reply *r;

	buf_add_str(&path, "/api/cluster/check");
	if (limit != 0)
		buf_addf(&path, "?limit=%d", limit);
	client_add_query(&path, "cursor", cursor);
	r = client_get(c, buf_str(&path));
	buf_fini(&path);
	return r;
}
