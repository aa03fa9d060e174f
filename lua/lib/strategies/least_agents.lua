-- The fewest agents.

return function(node)
	return node.active_agents
end
