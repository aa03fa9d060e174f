-- Heartbeats, and what happens to nodes whose heartbeat expires.
-- Invariant: a node is in exactly one of `deadlines` (its heartbeat is valid, or has just expired),
-- `suspects` (it has expired; the grace period runs) and `evacuating` (the node is offline; its agents are
-- being moved), or in none of them once its last agent has gone.

local keys = require("lib.keys")
local text = require("lib.text")
local totals = require("lib.totals")
local writes = require("lib.writes")

local liveness = {}

-- The factor, 1 or more, by which the configured interval between heartbeats is multiplied, so that all
-- nodes together send at most `rate` heartbeats per second (0 or nil: no limit). The TTL of heartbeats, the
-- grace period and the window of the hold are multiplied by the same factor. members: of liveness.members.
function liveness.stretch(members, interval_ms, rate)
	return rate and rate > 0 and math.max(1, members * 1000 / (rate * interval_ms)) or 1
end

-- The number of nodes that send heartbeats: those that are online or draining.
function liveness.members(t)
	return totals.get(t, "nodes_online") + totals.get(t, "nodes_draining")
end

-- Notes a heartbeat, which liveness.write then writes: a key that expires after ttl_ms, and a deadline at
-- which node_expire.lua looks at the node.
-- t.beats has id, ttl_ms, id, ttl_ms, … of this call's heartbeats.
function liveness.beat(t, id, ttl_ms)
	local beats = t.beats
	if beats then
		beats[#beats + 1] = id
		beats[#beats + 1] = ttl_ms
	else
		t.beats = { id, ttl_ms }
	end
end

-- True where the node's heartbeat has not expired, or has come in this call.
-- rare: a node whose heartbeat this call has not looked at
function liveness.is_alive(t, id)
	if redis.call("EXISTS", keys.heartbeat .. id) == 1 then
		return true
	end
	local beats = t.beats or {}
	for i = 1, #beats, 2 do
		if beats[i] == id then
			return true
		end
	end
	return false
end

-- Takes a node that sends a heartbeat again out of `suspects` or `evacuating`. Call it before the node's
-- record is changed.
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

-- Gives a node that is not offline a fresh heartbeat. A suspect node stays suspect; if its heartbeat seems
-- to end in the future, because the clock was set back, that is corrected.
function liveness.renew(t, id, suspect, ttl_ms)
	if suspect then
		writes.add(t, "ZADD", keys.suspects, "XX", "LT", t.now, id)
	else
		liveness.beat(t, id, ttl_ms)
	end
end

-- Corrects the time from which an offline node's agents are moved, if it is in the future.
function liveness.hurry(t, id)
	writes.add(t, "ZADD", keys.evacuating, "XX", "LT", t.now, id)
end

-- Up to `most` nodes whose deadline has passed: id, deadline, id, deadline, …
function liveness.lapsed(t, most)
	return redis.call("ZRANGEBYSCORE", keys.deadlines, "-inf", t.at, "WITHSCORES", "LIMIT", 0, most)
end

-- Up to `most` suspect nodes whose heartbeat ended by `by` (ms): id, end, id, end, …
function liveness.overdue(most, by)
	return redis.call("ZRANGEBYSCORE", keys.suspects, "-inf", text.int(by), "WITHSCORES", "LIMIT", 0, most)
end

-- Moves a node from `deadlines` to `suspects`. deadline: the time at which its heartbeat ended.
function liveness.suspect(t, id, deadline)
	writes.add(t, "ZREM", keys.deadlines, id)
	writes.add(t, "ZADD", keys.suspects, deadline, id)
end

-- Ends the node's heartbeat, and lets the leader move its agents from the time `at` (ms) on.
function liveness.evacuate(t, id, at)
	writes.add(t, "DEL", keys.heartbeat .. id)
	writes.add(t, "ZREM", keys.deadlines, id)
	writes.add(t, "ZREM", keys.suspects, id)
	writes.add(t, "ZADD", keys.evacuating, text.int(at), id)
end

return liveness
