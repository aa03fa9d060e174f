-- What became of the agents of a node that has left.

return row("moved", "pending")
