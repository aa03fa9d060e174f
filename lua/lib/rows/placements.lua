-- The number of placements that a strategy has made.

return row("strategy", "number")
