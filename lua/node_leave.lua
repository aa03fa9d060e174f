#!lua
-- A node leaves: its agents are placed elsewhere or queued, then its record goes. Should the
-- caller stop halfway, the leader goes on.
-- ARGV: id, most (agents moved per call), incarnation ("" for any), a nonce that tells this
--   departure from others.
-- Reply: {"more"} until done, then {"ok", event id, moved, pending}; event id is "" where the node
--   came back meanwhile.
-- Errors: NODE_NOT_FOUND, also where it is leaving already; STALE_INCARNATION where a later process
--   has registered under the id.

local assignments = require("lib.assignments")
local clock = require("lib.clock")
local evacuation = require("lib.evacuation")
local fail = require("lib.fail")
local fencing = require("lib.fencing")
local indexes = require("lib.indexes")
local keys = require("lib.keys")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local settings = require("lib.settings").load()

local OURS_MS = 2000 -- for so long after a call the leader leaves the rest to the caller

local id, most, incarnation, nonce = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local before = nodes.load(id)
local so_far = redis.call("HMGET", keys.node .. id, "left_by", "left_moved", "left_pending")
local begun = so_far[1] == nonce
if not before or (before.leaving == "1" and not begun) then
	fail("NODE_NOT_FOUND", "id: there is no node '" .. id .. "'")
end
local moved, pending = 0, 0
if begun then
	moved, pending = tonumber(so_far[2]), tonumber(so_far[3])
	if before.leaving ~= "1" then
		return { "ok", "", tostring(moved), tostring(pending) }
	end
else
	fencing.check_incarnation(id, before.incarnation, incarnation)
end
if not indexes.complete(settings, settings.strategy) then
	indexes.build(settings, settings.strategy)
	return { "more" }
end

local now = clock.now()
assignments.begin(settings.strategy)
liveness.evacuate(id, now + OURS_MS)
if not begun then
	local after = nodes.copy(before)
	after.status, after.suspect, after.leaving = "offline", "", "1"
	nodes.save(settings, before, after, "left_by", nonce)
end
local more_moved, more_pending, done, event = evacuation.step(settings, id, most, now)
moved, pending = moved + more_moved, pending + more_pending
if not done then
	redis.call("HSET", keys.node .. id, "left_moved", moved, "left_pending", pending)
end
assignments.flush(settings)
return done and { "ok", event, tostring(moved), tostring(pending) } or { "more" }
