-- Tokens that only rise. Redis may have lost the last ones by a failover; whoever has seen them
-- says so, and the store goes on above them.

local keys = require("lib.keys")
local events = require("lib.events")
local fail = require("lib.fail")
local totals = require("lib.totals")

local fencing = {}

local AHEAD_MAX_MS = 366 * 86400 * 1000 -- tokens follow the clock: what is further ahead is none

-- Fails with INVALID_FIELD where `seen` ("" for nothing seen) cannot have been issued.
function fencing.check_seen(field, seen, now)
	if seen ~= "" and tonumber(seen) > now + AHEAD_MAX_MS then
		fail("INVALID_FIELD", field .. ": no such token can have been issued yet")
	end
end

-- Fails with STALE_INCARNATION where the caller ("" where it does not say) is an earlier process
-- than the known one, of the node's record. A later one than that has been forgotten.
function fencing.check_incarnation(id, known, incarnation)
	if incarnation ~= "" and tonumber(incarnation) < tonumber(known) then
		fail("STALE_INCARNATION", "incarnation: that of '" .. id .. "' is " .. known .. " now")
	end
end

-- Lifts what the store counts from past what was seen. A leader whose term is below it has to
-- stand for election again. The caller has fetched the total "epoch" and flushes the totals.
-- leader, term: who leads, or nil. Returns who does now, and the term.
function fencing.lift(leader, term, term_seen, epoch_seen)
	local epoch = tonumber(epoch_seen) or 0
	if epoch > totals.get("epoch") then
		totals.add("epoch", epoch - totals.get("epoch"))
	end
	local seen = tonumber(term_seen) or 0
	if seen <= (tonumber(term) or 0) then
		return leader, term
	end
	local had = redis.call("HMGET", keys.leader, "term", "term_seen")
	if seen <= tonumber(had[1] or 0) or seen <= tonumber(had[2] or 0) then
		return leader, term
	end
	redis.call("HSET", keys.leader, "term_seen", term_seen, "leader_id", "")
	if leader then
		redis.call("DEL", keys.lease)
		events.emit("leader.lost", "node_id", leader, "term", term)
	end
	return nil, nil
end

return fencing
