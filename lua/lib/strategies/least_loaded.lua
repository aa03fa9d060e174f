-- The lowest weighted sum of CPU, memory and agents, each as a share from 0 to 1.

return function(node, settings)
	local agents = node.max_agents > 0 and node.active_agents / node.max_agents or 1
	return settings.weight_cpu * node.cpu_usage / 100
		+ settings.weight_memory * node.memory_usage / 100
		+ settings.weight_agents * agents
end
