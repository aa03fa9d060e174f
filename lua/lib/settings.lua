-- What the cluster has been set to: strategy, weights, and which placement indexes are kept.

local keys = require("lib.keys")
local text = require("lib.text")

local settings = {}

settings.DEFAULT_STRATEGY = "least_loaded"

-- Reads the settings in one call.
-- strategy: the cluster's. kept: the strategies that have an index (an array), which every change
-- must update. building: the one of them whose index is not complete yet, or nil. open_classes: the
-- classes of nodes that may be given an agent, a space between them.
-- weight_cpu, weight_memory, weight_agents: of least_loaded.
function settings.load()
	local v = redis.call("HMGET", keys.settings, "strategy", "indexes", "building",
		"open_classes", "weight_cpu", "weight_memory", "weight_agents")
	local kept = text.split(v[2] or "")
	local building = v[3] or nil
	if building then
		kept[#kept + 1] = building
	end
	return {
		strategy = v[1] or settings.DEFAULT_STRATEGY,
		kept = kept,
		building = building,
		open_classes = v[4] or "",
		weight_cpu = tonumber(v[5] or 0.4),
		weight_memory = tonumber(v[6] or 0.3),
		weight_agents = tonumber(v[7] or 0.3),
	}
end

return settings
