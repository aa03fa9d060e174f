#!lua
-- Releases an agent. The place it leaves goes to the oldest pending agent that fits.
-- ARGV: agent_id, epoch ("" for any).
-- Reply: {"deleted", event id}.
-- Errors: ASSIGNMENT_NOT_FOUND; STALE_EPOCH where the agent's epoch is another.

local assignments = require("lib.assignments")
local clock = require("lib.clock")
local fail = require("lib.fail")
local settings = require("lib.settings").load()

local agent_id, epoch = unpack(ARGV)
local a = assignments.load_briefly(agent_id)
	or fail("ASSIGNMENT_NOT_FOUND", "agent_id: there is no assignment of '" .. agent_id .. "'")
if epoch ~= "" and epoch ~= a.epoch then
	fail("STALE_EPOCH", "epoch: the assignment's is " .. a.epoch)
end

assignments.begin(settings.strategy)
local event = assignments.release(a)
assignments.room_made(settings, clock.now())
assignments.flush(settings)
return { "deleted", event }
