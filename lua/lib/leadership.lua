-- Leadership: who has the lease, in which term, and who are the candidates.

local keys = require("lib.keys")
local events = require("lib.events")
local history = require("lib.history")
local lease = require("lib.lease")
local row = require("lib.rows.leader")
local text = require("lib.text")
local writes = require("lib.writes")

local leadership = {}

-- Registers the process `nonce` as the candidate `id`, for lease_ms.
function leadership.stand(t, id, nonce, url, lease_ms)
	writes.add(t, "HSET", keys.candidate .. id, "nonce", nonce, "url", url, "lease_ms", lease_ms)
	writes.add(t, "PEXPIRE", keys.candidate .. id, lease_ms)
end

-- Shortens a lease that lasts longer than its own lease_ms, because Redis' clock was set back.
function leadership.clamp(t)
	local lease_ms = redis.call("HGET", keys.leader, "lease_ms")
	if lease_ms and redis.call("PTTL", keys.lease) > tonumber(lease_ms) then
		writes.add(t, "PEXPIRE", keys.lease, lease_ms)
	end
end

-- Gives the lease to a candidate in a new term. The term is above every earlier one and every one that a node
-- has seen, and never below the clock. Returns the term as text, and the event.
function leadership.elect(t, id, nonce, url, lease_ms)
	local was = redis.call("HMGET", keys.leader, "leader_id", "term", "term_seen", "history")
	local term = text.int(math.max(tonumber(was[2] or 0) + 1, tonumber(was[3] or 0) + 1, t.now))
	writes.add(t, "SET", keys.lease, id .. " " .. nonce .. " " .. term, "PX", lease_ms)
	writes.add(t, "HSET", keys.leader, "leader_id", id, "term", term, "url", url,
		"acquired_at", t.at, "renewed_at", t.at, "lease_ms", lease_ms)
	writes.add(t, "HINCRBY", keys.leader, "transitions", 1)
	history.note(t, was[4])
	if was[1] and was[1] ~= "" then
		events.add(t, "leader.lost", "node_id", was[1], "term", was[2])
	end
	return term, events.add(t, "leader.elected", "node_id", id, "term", term)
end

-- The reply row, or nil if there is no leader.
function leadership.row()
	local id, _, term = lease.holder()
	if not id then
		return nil
	end
	local v = redis.call("HMGET", keys.leader, "url", "acquired_at", "renewed_at", "lease_ms",
		"transitions")
	return row(id, term, v[1], v[2], v[3], v[4], redis.call("PTTL", keys.lease), v[5])
end

return leadership
