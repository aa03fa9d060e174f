-- What a node's last heartbeat has reported, as stored in its record: its usage, when that heartbeat came,
-- and how long it counts.

return row(require("lib.rows.usage"), "last_heartbeat", "heartbeat_ttl_ms")
