-- The cluster's strategy, and the one before it.

return row("strategy", "previous")
