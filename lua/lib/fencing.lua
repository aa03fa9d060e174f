-- Tokens that only rise: incarnations, epochs and terms. A failover may lose the latest ones. Nodes report
-- the highest tokens that they have seen, and new tokens are above those.

local keys = require("lib.keys")
local events = require("lib.events")
local nodes = require("lib.nodes")
local totals = require("lib.totals")
local writes = require("lib.writes")

local fencing = {}

local AHEAD_MAX_MS = 366 * 86400 * 1000 -- tokens follow the clock: one that is further ahead is refused

-- The error text if `incarnation`, the caller's ("" if not given), is lower than `known`, that of the node's
-- record; else nil.
-- rare: the caller gives its incarnation
function fencing.refuse_incarnation(id, known, incarnation)
	if incarnation ~= "" and tonumber(incarnation) < tonumber(known) then
		return "STALE_INCARNATION incarnation: that of '" .. id .. "' is " .. known .. " now"
	end
	return nil
end

-- The error text if the token `seen` ("" for none) cannot have been issued; else nil. field: its name.
local function refuse_seen(t, field, seen)
	if seen ~= "" and tonumber(seen) > t.now + AHEAD_MAX_MS then
		return "INVALID_FIELD " .. field .. ": no such token can have been issued yet"
	end
	return nil
end

-- Handles the incarnation of a node's process and the tokens that it has seen, "" each for none. Returns an
-- error text, or nil. An incarnation above that of the record was lost by a failover, and is written again.
-- rare: a heartbeat has one of them
function fencing.see(t, node, incarnation, term_seen, epoch_seen)
	local refused = fencing.refuse_incarnation(node.id, node.incarnation, incarnation)
		or refuse_seen(t, "term_seen", term_seen) or refuse_seen(t, "epoch_seen", epoch_seen)
	if refused then
		return refused
	end
	if incarnation ~= "" and incarnation ~= node.incarnation then
		nodes.change(t, node, { incarnation = incarnation })
	end
	fencing.lift(t, term_seen, epoch_seen)
	return nil
end

-- Raises the next epoch and the next term above the tokens seen ("" for none). A leader whose term is below
-- term_seen loses the lease. t.leader and t.term, the leader and its term or nil, are updated. t.term_seen is
-- the highest term_seen that this call writes, or nil.
function fencing.lift(t, term_seen, epoch_seen)
	if epoch_seen ~= "" then
		totals.raise_epoch(t, tonumber(epoch_seen))
	end
	local seen = tonumber(term_seen) or 0
	if seen <= tonumber(t.term or 0) or seen <= (t.term_seen or 0) then
		return
	end
	local had = redis.call("HMGET", keys.leader, "term", "term_seen")
	if seen <= tonumber(had[1] or 0) or seen <= tonumber(had[2] or 0) then
		return
	end
	writes.add(t, "HSET", keys.leader, "term_seen", term_seen, "leader_id", "")
	if t.leader then
		writes.add(t, "DEL", keys.lease)
		events.add(t, "leader.lost", "node_id", t.leader, "term", t.term)
	end
	t.leader, t.term, t.term_seen = nil, nil, seen
end

return fencing
