-- The lowest weighted sum of CPU, memory and agents, each as a share from 0 to 1; in billionths, as whole
-- numbers cost Redis a fraction of what others do.

return function(node, settings)
	local agents = node.max_agents > 0 and node.active_agents / node.max_agents or 1
	return math.floor(1e9 * (settings.weight_cpu * node.cpu_usage / 100
		+ settings.weight_memory * node.memory_usage / 100
		+ settings.weight_agents * agents) + 0.5)
end
