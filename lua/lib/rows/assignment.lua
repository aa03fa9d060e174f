-- An assignment; "" for what it does not have. since, position and reasons are those of an agent that waits:
-- since when, its place in the queue from 1 on, and why the last attempt to place it failed, as in
-- "full=12 label=3". address and healthy ("1" or "0") are those of its node. explanation: JSON.

return row("agent_id", "node_id", "status", "epoch", "services", require("lib.rows.placed"), "metadata",
	"previous_node_id", "reason", "since", "position", "reasons", require("lib.rows.address"), "healthy",
	"explanation")
