-- The fullest node that still has room, so that others stay empty: the fewest free places, as a share of
-- max_agents, in billionths.

local packed = {}

function packed.score(node)
	return math.floor(1e9 * (1 - node.active_agents / math.max(node.max_agents, 1)) + 0.5)
end

return packed
