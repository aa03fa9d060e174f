#!lua
-- A candidate's regular call: stands for election, takes a free lease, renews its own.
-- ARGV: id, nonce, url, lease_ms, heartbeat_ttl_ms, heartbeat_interval_ms and heartbeat_rate as
--   lib/liveness stretches them.
-- Reply: {"leader" | "follower", event id or "", leader id, term, expires_in_ms, now,
--   heartbeat_ttl_ms as it is for that many nodes}.

local clock = require("lib.clock")
local keys = require("lib.keys")
local leadership = require("lib.leadership")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local text = require("lib.text")
local totals = require("lib.totals")

local id, nonce, url, lease_ms, ttl_ms, interval_ms, rate = unpack(ARGV)
local now = clock.now()
local leader, held_by, term = lease.holder()
local event = ""

leadership.stand(id, nonce, url, lease_ms)
leadership.clamp()
if not leader then
	leader, held_by = id, nonce
	term, event = leadership.elect(id, nonce, url, lease_ms, now)
elseif leader == id and held_by == nonce then
	redis.call("PEXPIRE", keys.lease, lease_ms)
	redis.call("HSET", keys.leader, "renewed_at", text.int(now))
end
totals.fetch("nodes_online", "nodes_draining")
local stretch = liveness.stretch(liveness.members(), interval_ms, tonumber(rate))
return { leader == id and held_by == nonce and "leader" or "follower", event, leader, term,
	tostring(redis.call("PTTL", keys.lease)), text.int(now),
	text.int(math.ceil(ttl_ms * stretch)) }
