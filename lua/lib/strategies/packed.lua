-- The fullest node that still has room, so that others stay empty. The score is the share of max_agents that
-- is free, in billionths.

local packed = {}

packed.unit = 1e-9

function packed.score(node)
	return math.floor(1e9 * (1 - node.active_agents / math.max(node.max_agents, 1)) + 0.5)
end

-- rare: a request asks for an explanation
function packed.explain(node)
	return '"agents":' .. node.active_agents .. ',"max_agents":' .. node.max_agents
end

return packed
