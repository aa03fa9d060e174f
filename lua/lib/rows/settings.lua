-- The settings of a cluster as they stand.

return row("strategy", "weight_cpu", "weight_memory", "weight_agents")
