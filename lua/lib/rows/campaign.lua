-- How a campaign ended: who leads, since when, for how long; the time by Redis; the life of a heartbeat.

return row("leader_id", "term", "expires_in_ms", "now", "heartbeat_ttl_ms")
