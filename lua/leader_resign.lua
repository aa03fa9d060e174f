#!lua
-- Ends a candidacy, and gives the lease back where this process holds it.
-- ARGV: id, nonce.
-- Reply: {"ok", event id or ""}.

local events = require("lib.events")
local keys = require("lib.keys")
local lease = require("lib.lease")

local id, nonce = unpack(ARGV)
local leader, held_by, term = lease.holder()
local event = ""
if redis.call("HGET", keys.candidate .. id, "nonce") == nonce then
	redis.call("DEL", keys.candidate .. id)
end
if leader == id and held_by == nonce then
	redis.call("DEL", keys.lease)
	redis.call("HSET", keys.leader, "leader_id", "")
	event = events.emit("leader.lost", "node_id", id, "term", term)
end
return { "ok", event }
