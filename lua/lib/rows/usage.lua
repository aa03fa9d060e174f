-- A node's figures of usage, as its record keeps them: percentages, and the load average of one minute.

return row("cpu_usage", "memory_usage", "disk_usage", "load_average")
