-- A node as a reply row, in the order of node_out in src/api/node.c: one text with tabs between the
-- values.

local keys = require("lib.keys")
local least_loaded = require("lib.strategies.least_loaded")
local lease = require("lib.lease")

local leader -- read once per script

local node_row = {}

-- The record as an array, false where a field is absent; the first is false where there is no such
-- node. healthy is what the node says of itself.
function node_row.fetch(id)
	return redis.call("HMGET", keys.node .. id, "max_agents", "active_agents", "weight", "incarnation",
		"cpu_usage", "memory_usage", "disk_usage", "load_average", "role", "status", "healthy", "suspect",
		"class", "leaving", "address", "services", "labels", "zone", "registered_at", "last_heartbeat",
		"heartbeat_ttl_ms")
end

-- The row of a record as fetched. leader_id: who leads, or nil. score: the node's load.
function node_row.of(id, v, leader_id, healthy, score)
	return id .. "\t" .. v[15] .. "\t" .. (id == leader_id and "leader" or v[9]) .. "\t" .. v[10] .. "\t"
		.. (healthy and "1" or "0") .. "\t" .. v[4] .. "\t" .. v[1] .. "\t" .. v[2] .. "\t" .. v[3] .. "\t"
		.. string.format("%.6g", score) .. "\t" .. v[5] .. "\t" .. v[6] .. "\t" .. v[7] .. "\t" .. v[8]
		.. "\t" .. v[16] .. "\t" .. v[17] .. "\t" .. v[18] .. "\t" .. v[19] .. "\t" .. v[20] .. "\t" .. v[21]
end

-- settings: as loaded. Returns the row, or nil where there is no such node.
function node_row.read(id, settings)
	local v = node_row.fetch(id)
	if not v[1] then
		return nil
	end
	leader = leader or lease.holder() or ""
	local healthy = v[11] == "1" and redis.call("EXISTS", keys.heartbeat .. id) == 1
	local score = least_loaded({ max_agents = tonumber(v[1]), active_agents = tonumber(v[2]),
		cpu_usage = tonumber(v[5]), memory_usage = tonumber(v[6]) }, settings)
	return node_row.of(id, v, leader, healthy, score)
end

return node_row
