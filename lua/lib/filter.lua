-- Compares many nodes at once with what an agent requires of labels, zone, id and resources: one command for
-- each requirement instead of one for each node.

local keys = require("lib.keys")

local filter = {}

-- rare: an agent has requirements
local function mark(out, ids, values, reason, least)
	for i = 1, #ids do
		if not out[i] and tonumber(values[i] or -1) < least then
			out[i] = reason
		end
	end
end

-- rare: an agent requires a zone
local function mark_zones(out, ids, zones)
	local is = {}
	for k = 1, #zones do
		local v = redis.call("SMISMEMBER", keys.trait .. "zone=" .. zones[k], unpack(ids))
		for i = 1, #ids do
			is[i] = (is[i] or 0) + v[i]
		end
	end
	mark(out, ids, is, "zone", 1)
end

-- Which of these nodes (an array of ids, not empty) are ruled out: by index the first reason of label, zone,
-- node and resource. What this call has taken of resources is not counted.
-- rare: an agent has requirements
function filter.reasons(r, ids)
	local out = {}
	for k = 1, #r.labels do
		mark(out, ids, redis.call("SMISMEMBER", keys.trait .. "label:" .. r.labels[k], unpack(ids)), "label", 1)
	end
	if r.zones then
		mark_zones(out, ids, r.zones)
	end
	for i = 1, #ids do
		if not out[i] and (r.is_node and not r.is_node[ids[i]] or r.excluded[ids[i]]) then
			out[i] = "node"
		end
	end
	for k = 1, #r.resources do
		local wanted = r.resources[k]
		mark(out, ids, redis.call("ZMSCORE", keys.resource .. wanted.name, unpack(ids)), "resource", wanted.amount)
	end
	return out
end

return filter
