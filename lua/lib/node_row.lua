-- A node as a reply row, in the order of node_out in src/api/node.c: one text with tabs between the values.

local keys = require("lib.keys")
local least_loaded = require("lib.strategies.least_loaded")
local lease = require("lib.lease")
local nodes = require("lib.nodes")
local text = require("lib.text")

local node_row = {}

-- What was registered and only rows show is kept as one text. As a pattern: services, zone, registered_at.
node_row.PROFILE = "^([^\t]*)\t[^\t]*\t([^\t]*)\t(.*)$"

function node_row.profile(services, labels, zone, registered_at)
	return services .. "\t" .. labels .. "\t" .. zone .. "\t" .. registered_at
end

-- When a loaded node was first registered.
function node_row.registered_at(node)
	local _, _, at = string.match(node.profile, node_row.PROFILE)
	return at
end

-- The row of a whole node. leader_id: who leads, or nil. last_heartbeat, ttl_ms: texts.
function node_row.of(t, node, leader_id, healthy, last_heartbeat, ttl_ms)
	local id, digits = node.id, node.digits
	return id .. "\t" .. node.address .. "\t" .. (id == leader_id and "leader" or nodes.role(node)) .. "\t"
		.. node.status .. "\t" .. (healthy and "1" or "0") .. "\t" .. node.incarnation .. "\t"
		.. (not node.edited and digits[1] or text.int(node.max_agents)) .. "\t"
		.. (digits and not node.joined and not node.left and digits[2] or text.int(node.active_agents)) .. "\t"
		.. node.weight .. "\t" .. string.format("%.6g", least_loaded.score(node, t) / 1e9) .. "\t" .. node.usage
		.. "\t" .. node.profile .. "\t" .. last_heartbeat .. "\t" .. ttl_ms
end

-- The row of a node that this call has not changed, or nil where there is no such node.
function node_row.read(t, id)
	local node = nodes.load(t, id)
	if not node then
		return nil
	end
	t.leader = t.leader or lease.holder() or ""
	local v = redis.call("HMGET", keys.node .. id, "last_heartbeat", "heartbeat_ttl_ms")
	local healthy = node.healthy == "1" and redis.call("EXISTS", keys.heartbeat .. id) == 1
	return node_row.of(t, node, t.leader, healthy, v[1], v[2])
end

return node_row
