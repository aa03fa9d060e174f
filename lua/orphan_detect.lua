#!lua
-- Duty of the leader: walks through all assignments, some at a time, and places again each one
-- whose node has no record any more. During a hold it waits.
-- ARGV: leader id, nonce, term, most (assignments per call), cursor or "".
-- Reply: {"ok", "", orphans found, next cursor or "" at the end}.
-- Errors: NOT_LEADER.

local assignments = require("lib.assignments")
local clock = require("lib.clock")
local hold = require("lib.hold")
local indexes = require("lib.indexes")
local keys = require("lib.keys")
local lease = require("lib.lease")
local placement = require("lib.placement")
local settings = require("lib.settings").load()
local totals = require("lib.totals")

lease.check(ARGV[1], ARGV[2], ARGV[3])
local most, cursor = tonumber(ARGV[4]), ARGV[5]
if hold.load().on then
	return { "ok", "", "0", cursor }
end
local ids = redis.call("ZRANGEBYLEX", keys.assignments, cursor == "" and "-" or "(" .. cursor, "+",
	"LIMIT", 0, most)
local found, last, budget = {}, 0, placement.budget(most)
while last < #ids and #found < budget do
	last = last + 1
	local a = assignments.load(ids[last])
	if a and a.node_id and redis.call("EXISTS", keys.node .. a.node_id) == 0 then
		found[#found + 1] = a
	end
end
if #found > 0 and not indexes.prepare(settings, settings.strategy) then
	return { "more", "", "0", cursor }
end
if #found > 0 then
	local now = clock.now()
	assignments.begin(settings.strategy)
	for i = 1, #found do
		assignments.replace(settings, found[i], "node_lost", now)
	end
	totals.flush()
end
return { "ok", "", tostring(#found), (last < #ids or #ids == most) and ids[last] or "" }
