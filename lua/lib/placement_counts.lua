-- The number of placements ever made, by reason and by strategy, and what follows from them.

local keys = require("lib.keys")
local strategies = require("lib.strategies")

local placement_counts = {}

placement_counts.REASONS = { "requested", "node_lost", "node_left" }

-- Reads all counters in one call: by_reason and by_strategy (numbers by name), all (their sum) and
-- departed (how often an agent has left a node).
function placement_counts.load()
	local fields = { "departed" }
	for _, reason in ipairs(placement_counts.REASONS) do
		for _, strategy in ipairs(strategies.names) do
			fields[#fields + 1] = "placed_" .. reason .. "_" .. strategy
		end
	end
	local v = redis.call("HMGET", keys.totals, unpack(fields))
	local p = { by_reason = {}, by_strategy = {}, all = 0, departed = tonumber(v[1] or 0) }
	local i = 1
	for _, reason in ipairs(placement_counts.REASONS) do
		for _, strategy in ipairs(strategies.names) do
			i = i + 1
			local number = tonumber(v[i] or 0)
			p.all = p.all + number
			p.by_reason[reason] = (p.by_reason[reason] or 0) + number
			p.by_strategy[strategy] = (p.by_strategy[strategy] or 0) + number
		end
	end
	return p
end

-- The number of agents that are on nodes. p: of placement_counts.load.
function placement_counts.assigned(p)
	return p.all - p.departed
end

return placement_counts
