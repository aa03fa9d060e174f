-- Events about nodes. Each tells how the node stands from then on, so that a client that follows the events
-- knows what the list of nodes would show.

local events = require("lib.events")
local nodes = require("lib.nodes")

local node_events = {}

-- Adds an event about a whole node, after its change. type: "node.online" and the like. Further
-- fields follow as name, value, name, value, … Returns the entry.
function node_events.add(t, type, node, ...)
	return events.add(t, type, "node_id", node.id, "status", node.status,
		"healthy", nodes.measured(node) and "1" or "0", "schedulable", "1", ...)
end

return node_events
