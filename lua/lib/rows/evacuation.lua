-- One step of an evacuation: how many agents of the node were moved, and how many are pending. node_id: ""
-- if no node is to be evacuated.

return row("node_id", "moved", "pending")
