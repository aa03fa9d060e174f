-- Heartbeats that change more than a node's figures.

local events = require("lib.events")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")

local heartbeats = {}

-- Changes how a node stands: healthy ("1", "0"), status ("online", "draining"), "" each where the node does
-- not say. It is suspect no longer, and online where it was offline. Returns the event that tells so, or nil
-- where it stands as it did.
-- rare: a node stands otherwise than before
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
	return events.add(t, type, "node_id", node.id)
end

return heartbeats
