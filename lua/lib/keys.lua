-- The names of all keys. Nothing else in the project knows what follows the prefix.
-- KEYS[1] is the prefix, "muster:{<namespace>}:". Names that end in ':' want an id behind them.
-- lua/README.md says what each key holds.

local prefix = KEYS[1]

return {
	settings = prefix .. "settings",
	totals = prefix .. "totals",
	events = prefix .. "events",

	nodes = prefix .. "nodes",
	node = prefix .. "node:",
	heartbeat = prefix .. "heartbeat:",
	deadlines = prefix .. "deadlines",
	suspects = prefix .. "suspects",
	evacuating = prefix .. "evacuating",

	classes = prefix .. "classes",
	class = prefix .. "class:",
	placement = prefix .. "placement:",

	assignments = prefix .. "assignments",
	assignment = prefix .. "assignment:",
	node_agents = prefix .. "node_agents:",

	pending = prefix .. "pending",
	pending_groups = prefix .. "pending_groups",
	pending_group = prefix .. "pending_group:",

	lease = prefix .. "lease",
	leader = prefix .. "leader",
	candidate = prefix .. "candidate:",
}
