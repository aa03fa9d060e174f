-- Tokens that only rise. Redis may have lost the last ones by a failover; whoever has seen them
-- says so, and the store goes on above them.

local keys = require("lib.keys")
local events = require("lib.events")
local nodes = require("lib.nodes")
local totals = require("lib.totals")
local writes = require("lib.writes")

local fencing = {}

local AHEAD_MAX_MS = 366 * 86400 * 1000 -- tokens follow the clock: what is further ahead is none

-- The error where the caller ("" where it does not say) is an earlier process than the known one, which the
-- node's record has; else nil.
-- rare: the caller says which process it is
function fencing.refuse_incarnation(id, known, incarnation)
	if incarnation ~= "" and tonumber(incarnation) < tonumber(known) then
		return "STALE_INCARNATION incarnation: that of '" .. id .. "' is " .. known .. " now"
	end
	return nil
end

-- Why `seen` ("" for nothing seen) cannot have been issued, as an error; nil where it can.
local function refuse_seen(t, field, seen)
	if seen ~= "" and tonumber(seen) > t.now + AHEAD_MAX_MS then
		return "INVALID_FIELD " .. field .. ": no such token can have been issued yet"
	end
	return nil
end

-- Takes what a node's process says of itself and of tokens that it has seen, "" each for nothing. Returns an
-- error, or nil. A later incarnation than the known one has been forgotten by a failover: it is taken over.
-- rare: a heartbeat says so
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

-- Lifts what the store counts from past what was seen. A leader whose term is below it has to stand for
-- election again. t.leader, t.term: who leads and since when, nil for nobody; they are changed with it.
function fencing.lift(t, term_seen, epoch_seen)
	if epoch_seen ~= "" then
		totals.raise_epoch(t, tonumber(epoch_seen))
	end
	local seen = tonumber(term_seen) or 0
	if seen <= tonumber(t.term or 0) then
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
	t.leader, t.term = nil, nil
end

return fencing
