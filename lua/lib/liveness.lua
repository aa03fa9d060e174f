-- Heartbeats, and where a node stands that has missed them.
-- Invariant: a node is in exactly one of `deadlines` (its heartbeat counts), `suspects` (lapsed,
-- within its grace) and `evacuating` (offline, its agents are moved away), or in none once the
-- last of its agents has gone.

local keys = require("lib.keys")
local text = require("lib.text")
local totals = require("lib.totals")

local liveness = {}

-- How many times as long as they were set heartbeats are apart, so that all nodes together send no
-- more than `rate` in a second (0 or nil: any number). Whatever is measured by heartbeats is as many times
-- as long, so that what holds of a few nodes holds of many: the life of one, the grace, and the
-- window in which lapses count together. members: nodes that beat, online or draining.
function liveness.stretch(members, interval_ms, rate)
	return rate and rate > 0 and math.max(1, members * 1000 / (rate * interval_ms)) or 1
end

-- The nodes that beat, online or draining. The caller has fetched these totals.
function liveness.members()
	return totals.get("nodes_online") + totals.get("nodes_draining")
end

-- Notes a heartbeat of `node` (as it was before it; nil for a new one): the key expires by itself
-- after ttl_ms, and the node is due to be looked at then.
function liveness.beat(id, node, now, ttl_ms)
	redis.call("SET", keys.heartbeat .. id, text.int(now), "PX", ttl_ms)
	redis.call("ZADD", keys.deadlines, now + ttl_ms, id)
	if node and node.suspect == "1" then
		redis.call("ZREM", keys.suspects, id)
	elseif node and node.status == "offline" then
		redis.call("ZREM", keys.evacuating, id)
	end
end

-- Gives a node that is not offline a fresh heartbeat. A suspect stays one; that its heartbeat ended
-- in the future, by a clock that was set back, is made good.
function liveness.renew(id, suspect, now, ttl_ms)
	if suspect then
		redis.call("ZADD", keys.suspects, "XX", "LT", now, id)
	else
		redis.call("SET", keys.heartbeat .. id, text.int(now), "PX", ttl_ms)
		redis.call("ZADD", keys.deadlines, now + ttl_ms, id)
	end
end

-- Has an offline node's agents wait no longer than they had to when the clock went right.
function liveness.hurry(id, now)
	redis.call("ZADD", keys.evacuating, "XX", "LT", now, id)
end

-- The nodes, at most `most`, whose heartbeat was due by now: id, deadline, id, deadline, …
function liveness.lapsed(most, now)
	return redis.call("ZRANGEBYSCORE", keys.deadlines, "-inf", text.int(now), "WITHSCORES",
		"LIMIT", 0, most)
end

-- The suspects, at most `most`, whose heartbeat ended by then: id, end, id, end, …
function liveness.overdue(most, by)
	return redis.call("ZRANGEBYSCORE", keys.suspects, "-inf", text.int(by), "WITHSCORES",
		"LIMIT", 0, most)
end

-- Notes that a node's heartbeat ended at its deadline.
function liveness.suspect(id, deadline)
	redis.call("ZREM", keys.deadlines, id)
	redis.call("ZADD", keys.suspects, deadline, id)
end

-- Has the node's agents moved away, by the leader from `at` on.
function liveness.evacuate(id, at)
	redis.call("DEL", keys.heartbeat .. id)
	redis.call("ZREM", keys.deadlines, id)
	redis.call("ZREM", keys.suspects, id)
	redis.call("ZADD", keys.evacuating, at, id)
end

return liveness
