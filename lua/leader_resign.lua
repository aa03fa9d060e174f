#!lua
-- Ends a candidacy, and gives up the lease if this process holds it.
-- ARGV: id, nonce.
-- Reply: {"ok", event id or ""}.

local events = require("lib.events")
local keys = require("lib.keys")
local lease = require("lib.lease")
local tx = require("lib.tx")
local writes = require("lib.writes")

local id, nonce = unpack(ARGV)
replies()
local t = tx.open()
local leader, held_by, term = lease.holder()
if redis.call("HGET", keys.candidate .. id, "nonce") == nonce then
	writes.add(t, "DEL", keys.candidate .. id)
end
if leader == id and held_by == nonce then
	writes.add(t, "DEL", keys.lease)
	writes.add(t, "HSET", keys.leader, "leader_id", "")
	events.add(t, "leader.lost", "node_id", id, "term", term)
end
return { "ok", tx.commit(t) }
