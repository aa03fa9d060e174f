#!lua
-- Task of the leader: a node whose heartbeat has expired becomes suspect. After the grace period it is
-- declared offline and its agents are to be moved, unless so many nodes are missing at once that there is
-- a hold.
-- ARGV: the leader's id, nonce, term; grace_ms; most (nodes per call and step); window_ms (expired
--   heartbeats within this time count together); hold_max_ms; earliest and latest (ms since 1970): if
--   Redis' clock is not between them, it did not run as the leader's own clock did, and no node is
--   judged; interval_ms and rate of heartbeats, by which lib/liveness.lua stretches the grace period and
--   the window.
-- Reply: {"ok", "", expiry row}; {"more", …} if there may be more nodes; {"discontinuity", …} if no node
--   was judged; nothing has changed then.
-- Errors: NOT_LEADER.

local expiry_row = require("lib.rows.expiry")
local hold = require("lib.hold")
local keys = require("lib.keys")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local node_events = require("lib.node_events")
local nodes = require("lib.nodes")
local text = require("lib.text")
local totals = require("lib.totals")
local tx = require("lib.tx")
local writes = require("lib.writes")

local id, nonce, term, grace_ms, most, window_ms, hold_max_ms, earliest, latest, interval_ms, rate =
	unpack(ARGV)
replies("expiry")
lease.check(id, nonce, term)
local t = tx.open()
most, hold_max_ms = tonumber(most), tonumber(hold_max_ms)
if t.now < tonumber(earliest) or t.now > tonumber(latest) then
	return { "discontinuity", "", expiry_row("0", "0", "", text.int(t.now)) }
end
totals.fetch(t, "nodes_online", "nodes_draining")
local stretch = liveness.stretch(liveness.members(t), interval_ms, tonumber(rate))
grace_ms, window_ms = math.ceil(grace_ms * stretch), math.ceil(window_ms * stretch)
local h = hold.load()

-- Nodes whose heartbeat has expired become suspect.
local lapsed = liveness.lapsed(t, most)
local suspects, alive, cleared = {}, 0, 0
for i = 1, #lapsed, 2 do
	local node, deadline = nodes.load(t, lapsed[i]), tonumber(lapsed[i + 1])
	local left_ms = node and redis.call("PTTL", keys.heartbeat .. lapsed[i]) or 0
	if not node then
		alive = alive + 1
		writes.add(t, "ZREM", keys.deadlines, lapsed[i])
	elseif left_ms > 0 then
		alive = alive + 1
		writes.add(t, "ZADD", keys.deadlines, t.now + left_ms, node.id)
	else
		liveness.suspect(t, node.id, deadline)
		nodes.change(t, node, { suspect = "1" })
		node_events.add(t, "node.suspect", node)
		suspects[#suspects + 1] = node.id
		suspects[#suspects + 1] = deadline
		cleared = cleared + (deadline <= h.cleared_at and 1 or 0)
	end
end

hold.judge(t, h, grace_ms, window_ms, hold_max_ms, alive, cleared)

-- Nodes that have been suspect for long enough are declared offline.
local by = hold.overdue_by(t, h, grace_ms)
local overdue = by and liveness.overdue(most, by) or {}
for i = 1, by and #suspects or 0, 2 do
	if suspects[i + 1] <= by and #overdue < 2 * most then
		overdue[#overdue + 1] = suspects[i]
		overdue[#overdue + 1] = suspects[i + 1]
	end
end
local lost = 0
for i = 1, #overdue, 2 do
	local node, ended = nodes.load(t, overdue[i]), tonumber(overdue[i + 1])
	if not node then
		writes.add(t, "ZREM", keys.suspects, overdue[i])
	else
		liveness.evacuate(t, node.id, t.now)
		nodes.change(t, node, { status = "offline", suspect = "" })
		node_events.add(t, "node.offline", node)
		lost = lost + (ended > h.cleared_at and 1 or 0)
	end
end
hold.note_lost(t, h, lost, window_ms)
tx.commit(t)
return { (#lapsed == 2 * most or #overdue == 2 * most) and "more" or "ok", "",
	expiry_row(tostring(#lapsed / 2), tostring(#overdue / 2), h.on and "on" or "off", text.int(t.now)) }
