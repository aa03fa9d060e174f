#!lua
-- Duty of the leader: walks through all assignments, some at a time, and places again each one
-- whose node has no record any more. During a hold it waits.
-- ARGV: leader id, nonce, term, most (assignments per call), cursor or "".
-- Reply: {"ok", "", orphans found, next cursor or "" at the end}.
-- Errors: NOT_LEADER.

local assignments = require("lib.assignments")
local chooser = require("lib.chooser")
local clock = require("lib.clock")
local hold = require("lib.hold")
local indexes = require("lib.indexes")
local keys = require("lib.keys")
local lease = require("lib.lease")
local roster = require("lib.roster")
local settings = require("lib.settings").load()

lease.check(ARGV[1], ARGV[2], ARGV[3])
local most, cursor = tonumber(ARGV[4]), ARGV[5]
if hold.load().on then
	return { "ok", "", "0", cursor }
end
local ids, more = roster.walk(cursor, most)
local found, last, budget = {}, 0, chooser.budget(settings, most)
while last < #ids and #found < budget do
	last = last + 1
	local a = assignments.load(ids[last])
	if a and a.node_id and redis.call("EXISTS", keys.node .. a.node_id) == 0 then
		found[#found + 1] = a
	end
end
if #found > 0 and not indexes.complete(settings, settings.strategy) then
	indexes.build(settings, settings.strategy)
	return { "more", "", "0", cursor }
end
if #found > 0 then
	local now = clock.now()
	assignments.begin(settings.strategy)
	chooser.expect(#found)
	for i = 1, #found do
		assignments.replace(settings, found[i], "node_lost", now)
	end
	assignments.flush(settings)
end
return { "ok", "", tostring(#found), (more or last < #ids) and ids[last] or "" }
