-- The settings of a cluster: its strategy, the weights of least_loaded, and how many classes of nodes there
-- may be.

return row("strategy", "weight_cpu", "weight_memory", "weight_agents", "max_classes")
