-- Agents in proportion to the nodes' weights, by Webster's rule: the lowest (agents + 1/2) / weight.
-- A node of weight 0 comes after all others.

local weighted = {}

weighted.needs = "weight"

function weighted.score(node)
	local weight = tonumber(node.weight)
	if weight == 0 then
		return 1e15 + node.active_agents
	end
	return (node.active_agents + 0.5) / weight
end

-- rare: a request asks for an explanation
function weighted.explain(node)
	return '"agents":' .. node.active_agents .. ',"weight":' .. node.weight
end

return weighted
