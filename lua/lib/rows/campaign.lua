-- The result of a campaign: the leader, its term, how long its lease lasts, Redis' time, and the TTL of
-- heartbeats for the present number of nodes.

return row("leader_id", "term", "expires_in_ms", "now", "heartbeat_ttl_ms")
