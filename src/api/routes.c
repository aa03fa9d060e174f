/*
 * The route table: method, path, handler, and the parameters of its query. A handler has the name of its
 * script, if it has one.
 */
#include "api/routes.h"

#include "api/agent.h"
#include "api/balance.h"
#include "api/batch.h"
#include "api/dashboard.h"
#include "api/discovery.h"
#include "api/event_stream.h"
#include "api/health.h"
#include "api/hold.h"
#include "api/leader.h"
#include "api/metrics.h"
#include "api/node.h"
#include "api/openapi.h"
#include "api/state.h"
#include "api/stats.h"
#include "base/error.h"

#define WAIT_QUERY "index wait "
#define LIST_QUERY WAIT_QUERY "limit cursor "

const struct route api_routes[] = {
	{ METHOD_GET, "/api/cluster/nodes", node_list, LIST_QUERY "status role service zone" },
	{ METHOD_POST, "/api/cluster/nodes", node_register, "" },
	{ METHOD_GET, "/api/cluster/nodes/:id", node_get, WAIT_QUERY },
	{ METHOD_POST, "/api/cluster/nodes/:id", node_heartbeat, "" },
	{ METHOD_DELETE, "/api/cluster/nodes/:id", node_leave, "incarnation" },
	{ METHOD_GET, "/api/cluster/assignments", agent_list, LIST_QUERY "node_id status service" },
	{ METHOD_POST, "/api/cluster/assignments", agent_assign, "" },
	{ METHOD_POST, "/api/cluster/assignments/batch", agent_assign_batch, "" },
	{ METHOD_DELETE, "/api/cluster/assignments/batch", agent_release_batch, "epoch" },
	{ METHOD_GET, "/api/cluster/assignments/:agent_id", agent_get, WAIT_QUERY },
	{ METHOD_POST, "/api/cluster/assignments/:agent_id", agent_update, "" },
	{ METHOD_DELETE, "/api/cluster/assignments/:agent_id", agent_release, "epoch" },
	{ METHOD_GET, "/api/cluster/balance", balance_get, WAIT_QUERY },
	{ METHOD_POST, "/api/cluster/balance", balance_set, "" },
	{ METHOD_GET, "/api/cluster/leader", leader_get, WAIT_QUERY },
	{ METHOD_POST, "/api/cluster/leader", leader_promote, "" },
	{ METHOD_GET, "/api/cluster/hold", hold_get, WAIT_QUERY },
	{ METHOD_POST, "/api/cluster/hold", hold_set, "" },
	{ METHOD_GET, "/api/cluster/events", event_list, "types node_id agent_id since" },
	{ METHOD_GET, "/api/cluster/stats", stats_get, WAIT_QUERY },
	{ METHOD_GET, "/api/cluster/check", state_check, LIST_QUERY },
	{ METHOD_GET, "/api/openapi.json", openapi_get, "" },
	{ METHOD_GET, "/", dashboard_get, NULL },
	{ METHOD_GET, "/assets/:name", asset_get, NULL },
	{ METHOD_GET, "/livez", live_check, "" },
	{ METHOD_GET, "/readyz", ready_check, "" },
	{ METHOD_GET, "/metrics", metrics_get, "" },
	{ METHOD_GET, "/api/cluster/sd/prometheus", discovery_get, "service" },
};

const size_t api_routes_count = ARRAY_LEN(api_routes);
