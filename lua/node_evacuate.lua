#!lua
-- Duty of the leader: moves agents away from the node that has waited longest for it, dead or
-- left halfway. During a hold the dead wait.
-- ARGV: leader id, nonce, term, most (agents per call).
-- Reply: {"ok", "", node id or "", moved, pending}; {"more", …} where there may be more.
-- Errors: NOT_LEADER.

local assignments = require("lib.assignments")
local clock = require("lib.clock")
local evacuation = require("lib.evacuation")
local hold = require("lib.hold")
local indexes = require("lib.indexes")
local lease = require("lib.lease")
local settings = require("lib.settings").load()

lease.check(ARGV[1], ARGV[2], ARGV[3])
local now = clock.now()
local waiting = evacuation.waiting(now, hold.load().on)
if not waiting[1] then
	return { "ok", "", "", "0", "0" }
end
if not indexes.complete(settings, settings.strategy) then
	indexes.build(settings, settings.strategy)
	return { "more", "", "", "0", "0" }
end
assignments.begin(settings.strategy)
local moved, pending, done = evacuation.step(settings, waiting[1], tonumber(ARGV[4]), now)
assignments.flush(settings)
return { (waiting[2] or not done) and "more" or "ok", "", waiting[1], tostring(moved),
	tostring(pending) }
