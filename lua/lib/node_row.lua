-- A node as a reply row, in the order of node_out in src/api/node.c.

local keys = require("lib.keys")
local least_loaded = require("lib.strategies.least_loaded")
local lease = require("lib.lease")

local leader -- read once per script

local node_row = {}

-- The record as an array, false where a field is absent; the first is false where there is no such
-- node. The first 20 are the row's, but for id and load. healthy is what the node says of itself.
function node_row.fetch(id)
	return redis.call("HMGET", keys.node .. id, "hostname", "ip_address", "port", "role", "status",
		"healthy", "incarnation", "max_agents", "active_agents", "weight", "cpu_usage",
		"memory_usage", "disk_usage", "load_average", "services", "labels", "zone", "registered_at",
		"last_heartbeat", "heartbeat_ttl_ms", "class", "suspect", "leaving")
end

-- The row of a record as fetched. leader_id: who leads, or nil. score: the node's load.
function node_row.of(id, v, leader_id, healthy, score)
	return {
		id, v[1], v[2], v[3], id == leader_id and "leader" or v[4], v[5], healthy and "1" or "0", v[7],
		v[8], v[9], v[10], string.format("%.6g", score), v[11] or "0", v[12] or "0", v[13] or "0",
		v[14] or "0", v[15], v[16], v[17], v[18], v[19], v[20],
	}
end

-- settings: as loaded. Returns the row, or nil where there is no such node.
function node_row.read(id, settings)
	local v = node_row.fetch(id)
	if not v[1] then
		return nil
	end
	leader = leader or lease.holder() or ""
	local healthy = v[6] == "1" and redis.call("EXISTS", keys.heartbeat .. id) == 1
	local score = least_loaded({ max_agents = tonumber(v[8]), active_agents = tonumber(v[9]),
		cpu_usage = tonumber(v[11] or 0), memory_usage = tonumber(v[12] or 0) }, settings)
	return node_row.of(id, v, leader, healthy, score)
end

return node_row
