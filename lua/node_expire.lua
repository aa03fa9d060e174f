#!lua
-- Duty of the leader: a node whose heartbeat lapsed becomes suspect; one that stays away for
-- the grace time is declared offline and its agents are to be moved.
-- ARGV: leader id, nonce, term, grace_ms, most (nodes per call and step).
-- Reply: {"ok", "", suspects, offline}: how many became so; {"more", …} where there may be more.
-- Errors: NOT_LEADER.

local clock = require("lib.clock")
local events = require("lib.events")
local keys = require("lib.keys")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local settings = require("lib.settings").load()
local totals = require("lib.totals")

lease.check(ARGV[1], ARGV[2], ARGV[3])
local grace_ms, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local now = clock.now()

local lapsed = liveness.lapsed(most, now)
for i = 1, #lapsed do
	local id = lapsed[i]
	local before = nodes.load(id)
	local left_ms = before and redis.call("PTTL", keys.heartbeat .. id) or 0
	if not before then
		redis.call("ZREM", keys.deadlines, id)
	elseif left_ms > 0 then
		redis.call("ZADD", keys.deadlines, now + left_ms, id)
	else
		local after = nodes.copy(before)
		after.suspect = "1"
		liveness.suspect(id, now, grace_ms)
		nodes.save(settings, before, after)
		events.emit("node.suspect", "node_id", id)
	end
end

local overdue = liveness.overdue(most, now)
for i = 1, #overdue do
	local id = overdue[i]
	local before = nodes.load(id)
	if not before then
		redis.call("ZREM", keys.suspects, id)
	else
		local after = nodes.copy(before)
		after.status, after.suspect = "offline", ""
		liveness.evacuate(id, now)
		nodes.save(settings, before, after)
		events.emit("node.offline", "node_id", id)
	end
end
totals.flush()
return { (#lapsed == most or #overdue == most) and "more" or "ok", "", tostring(#lapsed),
	tostring(#overdue) }
