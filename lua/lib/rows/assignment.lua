-- An assignment. What there is not is "". address and healthy ("1" or "0"): of its node.

return row("agent_id", "node_id", "status", "epoch", "services", "strategy", "metadata", "assigned_at",
	"previous_node_id", "reason", require("lib.rows.address"), "healthy")
