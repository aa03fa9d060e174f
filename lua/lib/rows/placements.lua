-- How many agents a strategy has placed.

return row("strategy", "number")
