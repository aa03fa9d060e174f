-- The cluster's strategy.

return row("strategy")
