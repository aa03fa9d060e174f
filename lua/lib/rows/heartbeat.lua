-- The answer to a node's heartbeat: how it stands now; who leads, and in which term, "" for nobody; the time
-- between heartbeats and the life of one, as they are for that many nodes; the highest epoch.

return row(require("lib.rows.node"), "leader_id", "term", "interval_ms", "ttl_ms", "epoch")
