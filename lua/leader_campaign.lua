#!lua
-- A candidate's regular call: it says that the candidate is alive, takes the lease if it is free, and
-- renews it if the candidate has it.
-- ARGV: id, nonce, url, lease_ms; ttl_ms and interval_ms of heartbeats and their rate (most per second of
--   all nodes, 0 for no limit), for lib/liveness.lua.
-- Reply: {"leader" | "follower", event id or "", campaign row}.

local campaign_row = require("lib.rows.campaign")
local events = require("lib.events")
local keys = require("lib.keys")
local leadership = require("lib.leadership")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local text = require("lib.text")
local totals = require("lib.totals")
local tx = require("lib.tx")
local writes = require("lib.writes")

local id, nonce, url, lease_ms, ttl_ms, interval_ms, rate = unpack(ARGV)
replies("campaign")
local t = tx.open()
local leader, held_by, term = lease.holder()
local event

leadership.stand(t, id, nonce, url, lease_ms)
leadership.clamp(t)
if not leader then
	leader, held_by = id, nonce
	term, event = leadership.elect(t, id, nonce, url, lease_ms)
elseif leader == id and held_by == nonce then
	writes.add(t, "PEXPIRE", keys.lease, lease_ms)
	writes.add(t, "HSET", keys.leader, "renewed_at", t.at)
end
totals.fetch(t, "nodes_online", "nodes_draining")
local stretch = liveness.stretch(liveness.members(t), interval_ms, tonumber(rate))
tx.commit(t)
return { leader == id and held_by == nonce and "leader" or "follower", events.id(event),
	campaign_row(leader, term, redis.call("PTTL", keys.lease), t.at, text.int(math.ceil(ttl_ms * stretch))) }
