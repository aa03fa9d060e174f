-- Heartbeats, and where a node stands that has missed them.
-- Invariant: a node is in exactly one of `deadlines` (its heartbeat counts), `suspects` (lapsed,
-- within its grace) and `evacuating` (offline, its agents are moved away), or in none once the
-- last of its agents has gone.

local keys = require("lib.keys")
local text = require("lib.text")
local totals = require("lib.totals")
local writes = require("lib.writes")

local liveness = {}

-- How many times longer than configured the interval between heartbeats is, so that all nodes together send
-- at most `rate` in a second (0 or nil: any number). Whatever is measured in heartbeats is stretched alike:
-- the life of one, the grace, and the window in which lapses count together. members: nodes that beat, online
-- or draining.
function liveness.stretch(members, interval_ms, rate)
	return rate and rate > 0 and math.max(1, members * 1000 / (rate * interval_ms)) or 1
end

-- The nodes that beat, online or draining.
function liveness.members(t)
	return totals.get(t, "nodes_online") + totals.get(t, "nodes_draining")
end

-- Notes a heartbeat of a node. The key expires by itself after ttl_ms, and the node is due to be looked at
-- then.
-- t.beats has id, ttl_ms, id, ttl_ms, … of this call.
function liveness.beat(t, id, ttl_ms)
	local beats = t.beats
	if beats then
		beats[#beats + 1] = id
		beats[#beats + 1] = ttl_ms
	else
		t.beats = { id, ttl_ms }
	end
end

-- Notes that a node which beats was suspect, or offline.
-- rare: a node is back
function liveness.return_of(t, node)
	if node.suspect == "1" then
		writes.add(t, "ZREM", keys.suspects, node.id)
	elseif node.status == "offline" then
		writes.add(t, "ZREM", keys.evacuating, node.id)
	end
end

-- Writes the heartbeats. Part of tx.commit.
-- rare: there are heartbeats
function liveness.write(t)
	local beats, deadlines = t.beats, { keys.deadlines }
	local last_ttl, deadline
	for i = 1, #beats, 2 do
		local id, ttl_ms = beats[i], beats[i + 1]
		if ttl_ms ~= last_ttl then
			last_ttl, deadline = ttl_ms, text.int(t.now + ttl_ms)
		end
		redis.call("SET", keys.heartbeat .. id, t.at, "PX", ttl_ms)
		deadlines[i + 1] = deadline
		deadlines[i + 2] = id
	end
	redis.call("ZADD", unpack(deadlines))
end

-- Gives a node that is not offline a fresh heartbeat. A suspect stays one; where its heartbeat seems to end
-- in the future, since the clock was set back, that is corrected.
function liveness.renew(t, id, suspect, ttl_ms)
	if suspect then
		writes.add(t, "ZADD", keys.suspects, "XX", "LT", t.now, id)
	else
		liveness.beat(t, id, ttl_ms)
	end
end

-- Corrects the time from which an offline node's agents are moved, where it seems to be in the future.
function liveness.hurry(t, id)
	writes.add(t, "ZADD", keys.evacuating, "XX", "LT", t.now, id)
end

-- The nodes, at most `most`, whose heartbeat was due by now: id, deadline, id, deadline, …
function liveness.lapsed(t, most)
	return redis.call("ZRANGEBYSCORE", keys.deadlines, "-inf", t.at, "WITHSCORES", "LIMIT", 0, most)
end

-- The suspects, at most `most`, whose heartbeat ended by then: id, end, id, end, …
function liveness.overdue(most, by)
	return redis.call("ZRANGEBYSCORE", keys.suspects, "-inf", text.int(by), "WITHSCORES", "LIMIT", 0, most)
end

-- Notes that a node's heartbeat ended at its deadline.
function liveness.suspect(t, id, deadline)
	writes.add(t, "ZREM", keys.deadlines, id)
	writes.add(t, "ZADD", keys.suspects, deadline, id)
end

-- Lets the leader move the node's agents away from `at` on.
function liveness.evacuate(t, id, at)
	writes.add(t, "DEL", keys.heartbeat .. id)
	writes.add(t, "ZREM", keys.deadlines, id)
	writes.add(t, "ZREM", keys.suspects, id)
	writes.add(t, "ZADD", keys.evacuating, text.int(at), id)
end

return liveness
