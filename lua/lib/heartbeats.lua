-- Heartbeats that change more than a node's usage.

local liveness = require("lib.liveness")
local node_events = require("lib.node_events")
local nodes = require("lib.nodes")

local heartbeats = {}

-- Changes the node's health ("1", "0") and status ("online", "draining"), "" each to keep it. The node is no
-- longer suspect, and an offline node comes back online. Returns the event, or nil if neither its status nor
-- whether it is healthy has changed.
-- rare: a node's health or status changes
function heartbeats.change(t, node, healthy, status)
	local was_status, was_ready = node.status, node.healthy == "1" and node.suspect ~= "1"
	liveness.return_of(t, node)
	nodes.change(t, node, { suspect = "", healthy = healthy ~= "" and healthy or node.healthy,
		status = status ~= "" and status or was_status == "offline" and "online" or was_status })
	local ready = node.healthy == "1"
	if node.status == was_status and ready == was_ready then
		return nil
	end
	local type = node.status == "draining" and was_status ~= "draining" and "node.draining"
		or ready and "node." .. node.status or "node.suspect"
	return node_events.add(t, type, node)
end

return heartbeats
