#!lua
-- Duty of the leader: places agents that wait for capacity, the oldest first. What makes room
-- places them at once; this finds the rest.
-- ARGV: leader id, nonce, term, most (agents per call), first (groups to pass over).
-- Reply: {"ok", "", placed, first}: what to pass over next time.
-- Errors: NOT_LEADER.

local assignments = require("lib.assignments")
local clock = require("lib.clock")
local indexes = require("lib.indexes")
local keys = require("lib.keys")
local lease = require("lib.lease")
local pending = require("lib.pending")
local settings = require("lib.settings").load()

lease.check(ARGV[1], ARGV[2], ARGV[3])
if redis.call("EXISTS", keys.pending) == 0 then
	return { "ok", "", "0", "0" }
end
if not indexes.complete(settings, settings.strategy) then
	indexes.build(settings, settings.strategy)
	return { "more", "", "0", "0" }
end
assignments.begin(settings.strategy)
local first = tonumber(ARGV[5])
local placed, further = assignments.place_pending(settings, tonumber(ARGV[4]), first, clock.now())
assignments.flush(settings)
return { "ok", "", tostring(placed), further and tostring(first + pending.GROUPS_MAX) or "0" }
