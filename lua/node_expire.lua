#!lua
-- Duty of the leader: a node whose heartbeat lapsed becomes suspect; one that stays away for
-- the grace time is declared offline and its agents are to be moved, unless so many are missed
-- at once that everything is held.
-- ARGV: leader id, nonce, term, grace_ms, most (nodes per call and step), window_ms (in which
--   lapses count together), hold_max_ms, earliest, latest: where Redis' clock is not between
--   them, time has not passed as the leader has seen it pass, and nothing is judged by it;
--   heartbeat_interval_ms and heartbeat_rate, by which lib/liveness stretches grace and window.
-- Reply: {"ok", "", suspects, offline, hold ("on", "off"), now}: how many became so; {"more", …}
--   where there may be more; {"discontinuity", "", "0", "0", "", now} with nothing changed.
-- Errors: NOT_LEADER.

local clock = require("lib.clock")
local events = require("lib.events")
local hold = require("lib.hold")
local keys = require("lib.keys")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local settings = require("lib.settings").load()
local text = require("lib.text")
local totals = require("lib.totals")

lease.check(ARGV[1], ARGV[2], ARGV[3])
local grace_ms, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local window_ms, hold_max_ms = tonumber(ARGV[6]), tonumber(ARGV[7])
local now = clock.now()
if now < tonumber(ARGV[8]) or now > tonumber(ARGV[9]) then
	return { "discontinuity", "", "0", "0", "", text.int(now) }
end
totals.fetch("nodes_online", "nodes_draining")
local stretch = liveness.stretch(liveness.members(), ARGV[10], tonumber(ARGV[11]))
grace_ms, window_ms = math.ceil(grace_ms * stretch), math.ceil(window_ms * stretch)

local lapsed = liveness.lapsed(most, now)
for i = 1, #lapsed, 2 do
	local id, deadline = lapsed[i], tonumber(lapsed[i + 1])
	local before = nodes.load(id)
	local left_ms = before and redis.call("PTTL", keys.heartbeat .. id) or 0
	if not before then
		redis.call("ZREM", keys.deadlines, id)
	elseif left_ms > 0 then
		redis.call("ZADD", keys.deadlines, now + left_ms, id)
	else
		local after = nodes.copy(before)
		after.suspect = "1"
		liveness.suspect(id, deadline)
		nodes.save(settings, before, after)
		events.emit("node.suspect", "node_id", id)
	end
end

local h = hold.load()
hold.judge(h, grace_ms, window_ms, hold_max_ms, now)

local by = hold.overdue_by(h, grace_ms, now)
local overdue = by and liveness.overdue(most, by) or {}
local lost = 0
for i = 1, #overdue, 2 do
	local id, ended = overdue[i], tonumber(overdue[i + 1])
	local before = nodes.load(id)
	if not before then
		redis.call("ZREM", keys.suspects, id)
	else
		local after = nodes.copy(before)
		after.status, after.suspect = "offline", ""
		liveness.evacuate(id, now)
		nodes.save(settings, before, after)
		events.emit("node.offline", "node_id", id)
		lost = lost + (ended > h.cleared_at and 1 or 0)
	end
end
hold.note_lost(h, lost, window_ms, now)
totals.flush()
return { (#lapsed == 2 * most or #overdue == 2 * most) and "more" or "ok", "",
	tostring(#lapsed / 2), tostring(#overdue / 2), h.on and "on" or "off", text.int(now) }
