-- The fewest agents.

return {
	score = function(node)
		return node.active_agents
	end,
}
