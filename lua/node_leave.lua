#!lua
-- A node leaves: its agents are placed elsewhere or queued, then its record is removed. If the caller
-- stops halfway, the leader completes it (node_evacuate.lua).
-- ARGV: id; most (agents moved per call); incarnation ("" for any); nonce, the same in all calls of one
--   departure and in no other.
-- Reply: {"more"} until done, then {"ok", event id, departure row}. The event id is "" if the node
--   registered again meanwhile.
-- Errors: NODE_NOT_FOUND, also if the node is already leaving; STALE_INCARNATION if a later process has
--   registered under the id.

local departure_row = require("lib.rows.departure")
local evacuation = require("lib.evacuation")
local events = require("lib.events")
local fail = require("lib.fail")
local fencing = require("lib.fencing")
local indexes = require("lib.indexes")
local keys = require("lib.keys")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local totals = require("lib.totals")
local tx = require("lib.tx")

local OURS_MS = 2000 -- after a call, the leader waits this long for the caller to go on

local id, most, incarnation, nonce = unpack(ARGV)
replies("departure")
local t = tx.open()
local node = nodes.load(t, id)
local so_far = redis.call("HMGET", keys.node .. id, "left_by", "left_moved", "left_pending")
local begun = so_far[1] == nonce
if not node or (node.leaving == "1" and not begun) then
	fail("NODE_NOT_FOUND", "id: there is no node '" .. id .. "'")
end
local moved, pending = 0, 0
if begun then
	moved, pending = tonumber(so_far[2]), tonumber(so_far[3])
	if node.leaving ~= "1" then
		return { "ok", "", departure_row(tostring(moved), tostring(pending)) }
	end
else
	local refused = fencing.refuse_incarnation(id, node.incarnation, incarnation)
	if refused then
		fail(string.match(refused, "^(%S+) ?(.*)$"))
	end
end
if not indexes.complete(t, t.strategy) then
	indexes.build(t, t.strategy)
	return { "more" }
end

totals.fetch(t, "epoch", "pending", "departed")
liveness.evacuate(t, id, t.now + OURS_MS)
if not begun then
	nodes.change(t, node, { status = "offline", suspect = "", leaving = "1", left_by = nonce })
end
local more_moved, more_pending, done, event = evacuation.step(t, id, tonumber(most))
moved, pending = moved + more_moved, pending + more_pending
if not done then
	nodes.note(node, "left_moved", moved)
	nodes.note(node, "left_pending", pending)
end
tx.commit(t)
return done and { "ok", events.id(event), departure_row(tostring(moved), tostring(pending)) } or { "more" }
