-- One step of an evacuation. node_id: "" where no node waits for one.

return row("node_id", "moved", "pending")
