#!lua
-- A node leaves: its agents are placed elsewhere or queued, then its record goes. Should the
-- caller stop halfway, the leader goes on.
-- ARGV: id, most (agents moved per call), incarnation ("" for any).
-- Reply: {"more"} until done, then {"ok", event id, moved, pending}.
-- Errors: NODE_NOT_FOUND; STALE_INCARNATION where a later process has registered under the id.

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
local totals = require("lib.totals")

local id, most, incarnation = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local before = nodes.load(id)
	or fail("NODE_NOT_FOUND", "id: there is no node '" .. id .. "'")
fencing.check_incarnation(before, incarnation)
if not indexes.prepare(settings, settings.strategy) then
	return { "more" }
end

local now = clock.now()
assignments.begin()
if before.leaving ~= "1" then
	local after = nodes.copy(before)
	after.status, after.suspect, after.leaving = "offline", "", "1"
	liveness.evacuate(id, now)
	nodes.save(settings, before, after)
end
local so_far = redis.call("HMGET", keys.node .. id, "left_moved", "left_pending")
local moved, pending, done, event = evacuation.step(settings, id, most, now)
moved, pending = moved + (so_far[1] or 0), pending + (so_far[2] or 0)
if not done then
	redis.call("HSET", keys.node .. id, "left_moved", moved, "left_pending", pending)
end
totals.flush()
return done and { "ok", event, tostring(moved), tostring(pending) } or { "more" }
