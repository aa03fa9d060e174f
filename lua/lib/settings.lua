-- What the cluster has been set to: strategy, weights, and which placement indexes are kept.

local keys = require("lib.keys")
local text = require("lib.text")

local settings = {}

settings.DEFAULT_STRATEGY = "least_loaded"

-- Reads the settings in one call.
-- strategy: the cluster's. indexes: the strategies whose indexes are complete (a set).
-- building: the one whose index is being built, or nil, and cursor, the last node done.
-- kept: an array of both, all of which every change must update.
-- weight_cpu, weight_memory, weight_agents: of least_loaded.
function settings.load()
	local v = redis.call("HMGET", keys.settings, "strategy", "indexes", "building", "cursor",
		"weight_cpu", "weight_memory", "weight_agents")
	local kept = text.split(v[2] or "")
	local indexes = {}
	for i = 1, #kept do
		indexes[kept[i]] = true
	end
	local building = v[3] or nil
	if building then
		kept[#kept + 1] = building
	end
	return {
		strategy = v[1] or settings.DEFAULT_STRATEGY,
		indexes = indexes,
		building = building,
		cursor = v[4] or "",
		kept = kept,
		weight_cpu = tonumber(v[5] or 0.4),
		weight_memory = tonumber(v[6] or 0.3),
		weight_agents = tonumber(v[7] or 0.3),
	}
end

return settings
