-- The node with the lowest load: the weighted sum of CPU, memory and agents, each from 0 to 1. The score is
-- the load in billionths, because whole numbers cost Redis less than fractions.

local least_loaded = {}

least_loaded.needs = "report"

least_loaded.unit = 1e-9

function least_loaded.score(node, t)
	local load, most = node.usage_load, node.max_agents
	if not load then
		local cpu, memory = string.match(node.report, "^([^\t]*)\t([^\t]*)")
		load = t.weight_cpu * cpu / 100 + t.weight_memory * memory / 100
		node.usage_load = load
	end
	return math.floor(1e9 * (load + t.weight_agents * (most > 0 and node.active_agents / most or 1)) + 0.5)
end

-- rare: a request asks for an explanation
function least_loaded.explain(node, t)
	local cpu, memory = string.match(node.report, "^([^\t]*)\t([^\t]*)")
	return string.format('"cpu":%.6g,"memory":%.6g,"agents":%.6g', t.weight_cpu * cpu / 100,
		t.weight_memory * memory / 100, t.weight_agents * node.active_agents / math.max(node.max_agents, 1))
end

return least_loaded
