-- An assignment; "" for what it does not have. address and healthy ("1" or "0") are those of its node.

return row("agent_id", "node_id", "status", "epoch", "services", require("lib.rows.placed"), "metadata",
	"previous_node_id", "reason", require("lib.rows.address"), "healthy")
