-- The node with the fewest agents.

local least_agents = {}

function least_agents.score(node)
	return node.active_agents
end

return least_agents
