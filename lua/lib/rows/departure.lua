-- How many agents of a node that has left were moved, and how many are pending.

return row("moved", "pending")
