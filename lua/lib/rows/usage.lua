-- A node's usage: percentages, and the load average of one minute.

return row("cpu_usage", "memory_usage", "disk_usage", "load_average")
