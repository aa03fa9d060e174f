-- What all nodes are told in answer to their heartbeats: who leads, and in which term, "" for nobody; the
-- time between heartbeats and the life of one, as they are for that many nodes; the highest epoch.

return row("leader_id", "term", "interval_ms", "ttl_ms", "epoch")
