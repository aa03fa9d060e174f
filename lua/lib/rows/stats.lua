-- Statistics: nodes by status; agents; the mean usage of the healthy nodes; placements by reason. resources:
-- "name=allocated/total,…", at most 64 of them; waiting: "reason=number …", the agents that wait by the
-- reason that kept them from the nearest nodes. utilization is in percent of the capacity; leader_id and term
-- are "" if there is no leader.

return row("nodes", "online", "offline", "draining", "healthy", "assigned", "pending", "capacity",
	"available", "utilization", "cpu_usage", "memory_usage", "disk_usage", "load_average",
	"requested", "node_lost", "node_left", "drained", "rebalanced", "migrated", "strategy",
	"leader_id", "term", "hold", "resources", "waiting")
