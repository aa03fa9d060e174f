-- A node. healthy: "1" if it reports itself healthy and its heartbeat has not expired, else "0". allocated:
-- what its agents have taken of its resources, in the same form.

return row("id", require("lib.rows.address"), "role", "status", "healthy", "incarnation", "max_agents",
	"active_agents", "weight", "load", require("lib.rows.profile"), require("lib.rows.report"), "allocated")
