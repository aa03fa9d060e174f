-- A node as a reply row.

local keys = require("lib.keys")
local least_loaded = require("lib.strategies.least_loaded")
local lease = require("lib.lease")
local nodes = require("lib.nodes")
local profile_row = require("lib.rows.profile")
local row = require("lib.rows.node")
local text = require("lib.text")

local node_row = {}

-- Reads services, zone and registered_at of a profile.
node_row.PROFILE = parts(profile_row, "services", "zone", "registered_at")

-- When a loaded node was first registered.
function node_row.registered_at(node)
	local _, _, at = string.match(node.profile, node_row.PROFILE)
	return at
end

-- The row of a whole node. leader_id: who leads, or nil.
function node_row.of(t, node, leader_id, healthy)
	local id, digits = node.id, node.digits
	return row(id, node.address, id == leader_id and "leader" or nodes.role(node), node.status,
		healthy and "1" or "0", node.incarnation, not node.edited and digits[2] or text.int(node.max_agents),
		digits and not node.joined and not node.left and digits[1] or text.int(node.active_agents),
		node.weight, string.format("%.6g", least_loaded.score(node, t) / 1e9), node.profile, node.report,
		node.allocated or "")
end

-- The row of a node that this call has not changed, or nil if there is no such node.
function node_row.read(t, id)
	local node = nodes.load(t, id)
	if not node then
		return nil
	end
	t.leader = t.leader or lease.holder() or ""
	local healthy = node.healthy == "1" and redis.call("EXISTS", keys.heartbeat .. id) == 1
	return node_row.of(t, node, t.leader, healthy)
end

return node_row
