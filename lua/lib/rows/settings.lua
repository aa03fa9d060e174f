-- The settings of a cluster: its strategy, and the weights of least_loaded.

return row("strategy", "weight_cpu", "weight_memory", "weight_agents")
