-- A node as a reply row, in the order of node_out in src/api/node.c: one text with tabs between the
-- values.

local keys = require("lib.keys")
local least_loaded = require("lib.strategies.least_loaded")
local lease = require("lib.lease")
local usage = require("lib.usage")

local leader -- read once per script

local node_row = {}

-- What was registered and only rows show is kept as one text. As a pattern: services, zone, registered_at.
node_row.PROFILE = "^([^\t]*)\t[^\t]*\t([^\t]*)\t(.*)$"

function node_row.profile(services, labels, zone, registered_at)
	return services .. "\t" .. labels .. "\t" .. zone .. "\t" .. registered_at
end

-- When the node has registered first.
function node_row.registered_at(id)
	local _, _, at = string.match(redis.call("HGET", keys.node .. id, "profile"), node_row.PROFILE)
	return at
end

-- The record as an array, false where a field is absent; the first is false where there is no such
-- node. healthy is what the node says of itself. Further fields by name.
function node_row.fetch(id, ...)
	return redis.call("HMGET", keys.node .. id, "max_agents", "active_agents", "weight", "incarnation",
		"usage", "class", "status", "healthy", "suspect", "address", "profile", ...)
end

-- The row of a record as fetched. leader_id: who leads, or nil. score: by least_loaded.
function node_row.of(id, v, leader_id, healthy, score, last_heartbeat, ttl_ms)
	local role = id == leader_id and "leader" or string.match(v[6], "^%a+")
	return id .. "\t" .. v[10] .. "\t" .. role .. "\t" .. v[7] .. "\t" .. (healthy and "1" or "0") .. "\t"
		.. v[4] .. "\t" .. v[1] .. "\t" .. v[2] .. "\t" .. v[3] .. "\t" .. string.format("%.6g", score / 1e9)
		.. "\t" .. v[5] .. "\t" .. v[11] .. "\t" .. last_heartbeat .. "\t" .. ttl_ms
end

-- settings: as loaded. Returns the row, or nil where there is no such node.
function node_row.read(id, settings)
	local v = node_row.fetch(id, "last_heartbeat", "heartbeat_ttl_ms")
	if not v[1] then
		return nil
	end
	leader = leader or lease.holder() or ""
	local healthy = v[8] == "1" and redis.call("EXISTS", keys.heartbeat .. id) == 1
	local cpu, memory = usage.parts(v[5])
	local score = least_loaded({ max_agents = tonumber(v[1]), active_agents = tonumber(v[2]),
		cpu_usage = cpu, memory_usage = memory }, settings)
	return node_row.of(id, v, leader, healthy, score, v[12], v[13])
end

return node_row
