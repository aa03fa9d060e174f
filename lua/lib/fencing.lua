-- Tokens that only rise: incarnations, epochs and terms. All are given out here, and clients repeat them:
-- what was never given out is refused. A failover may lose the latest ones, so nodes report the highest
-- tokens that they have seen, and where something may have been lost, new tokens are above those.

local keys = require("lib.keys")
local events = require("lib.events")
local history = require("lib.history")
local text = require("lib.text")
local totals = require("lib.totals")
local writes = require("lib.writes")

local fencing = {}

local AHEAD_MAX_MS = 366 * 86400 * 1000 -- tokens follow the clock: one that is further ahead is refused

-- The error text if `incarnation`, the caller's ("" if not given), is not `known`, that of the node's
-- record; else nil. A lower one has been replaced. A higher one was never given out, or Redis has lost it:
-- its process then has to register again, for the same number may have gone to another one since.
-- rare: the caller gives its incarnation
function fencing.refuse_incarnation(id, known, incarnation)
	if incarnation == "" or incarnation == known then
		return nil
	elseif tonumber(incarnation) < tonumber(known) then
		return "STALE_INCARNATION incarnation: that of '" .. id .. "' is " .. known .. " now"
	end
	return "INVALID_FIELD incarnation: " .. incarnation .. " was never given out for '" .. id
		.. "', whose latest is " .. known
end

-- The error text if the token `seen` cannot have been given out; else nil. field: its name. highest: the
-- highest one that was given out here; 0 for none, so that seen ones are of a Redis that has lost all.
local function refuse_seen(t, field, seen, highest)
	if seen <= highest or (seen <= t.now + AHEAD_MAX_MS and (highest == 0 or history.has_lost(t))) then
		return nil
	end
	return "INVALID_FIELD " .. field .. ": " .. text.int(seen) .. " was never given out, the highest is "
		.. text.int(highest)
end

-- The highest term that was given out here, or that a node has seen. seen: one that may be above it.
local function highest_term(t, seen)
	local highest = math.max(tonumber(t.term or 0), t.term_seen or 0)
	if seen <= highest then
		return highest
	end
	local had = redis.call("HMGET", keys.leader, "term", "term_seen")
	return math.max(highest, tonumber(had[1] or 0), tonumber(had[2] or 0))
end

-- Notes a term above all that were given out here: the next one will be above it, and the present leader,
-- whose term is below it, loses the lease. t.leader and t.term, the leader and its term, become nil;
-- t.term_seen is the highest term that this call notes.
local function depose(t, seen)
	writes.add(t, "HSET", keys.leader, "term_seen", text.int(seen), "leader_id", "")
	if t.leader then
		writes.add(t, "DEL", keys.lease)
		events.add(t, "leader.lost", "node_id", t.leader, "term", t.term)
	end
	t.leader, t.term, t.term_seen = nil, nil, seen
end

-- Handles the incarnation of a node's process and the highest tokens that it has seen, "" each for none.
-- New tokens will be above those. Returns an error text, or nil. t.leader and t.term: the leader and its
-- term, or nil.
-- rare: a heartbeat has one of them
function fencing.see(t, node, incarnation, term_seen, epoch_seen)
	local term, epoch = tonumber(term_seen) or 0, tonumber(epoch_seen) or 0
	local highest = highest_term(t, term)
	local refused = fencing.refuse_incarnation(node.id, node.incarnation, incarnation)
		or refuse_seen(t, "term_seen", term, highest)
		or refuse_seen(t, "epoch_seen", epoch, t.epoch or totals.get(t, "epoch"))
	if refused then
		return refused
	end
	if epoch > 0 then
		totals.raise_epoch(t, epoch)
	end
	if term > highest then
		depose(t, term)
	end
	return nil
end

return fencing
