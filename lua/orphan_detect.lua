#!lua
-- Task of the leader: walks through all assignments, some per call, and places each agent again whose
-- node has no record. During a hold it does nothing.
-- ARGV: the leader's id, nonce, term; most (assignments per call); cursor ("" for the start).
-- Reply: {"ok", "", orphans row}.
-- Errors: NOT_LEADER.

local assignments = require("lib.assignments")
local chooser = require("lib.chooser")
local fitness = require("lib.fitness")
local hold = require("lib.hold")
local indexes = require("lib.indexes")
local keys = require("lib.keys")
local lease = require("lib.lease")
local orphans_row = require("lib.rows.orphans")
local roster = require("lib.roster")
local text = require("lib.text")
local totals = require("lib.totals")
local tx = require("lib.tx")

local id, nonce, term, most, cursor = unpack(ARGV)
replies("orphans")
lease.check(id, nonce, term)
if hold.load().on then
	return { "ok", "", orphans_row("0", cursor) }
end
local t = tx.open()
local ids, numbers, more = roster.walk(tonumber(cursor) or 0, tonumber(most))
local found, last, budget = {}, 0, chooser.budget(t, tonumber(most))
while last < #ids and #found < budget do
	last = last + 1
	local a = assignments.load(ids[last])
	if a and a.node_id and redis.call("EXISTS", keys.node .. a.node_id) == 0 then
		found[#found + 1] = a
	end
end
if #found > 0 and not indexes.complete(t, t.strategy) then
	indexes.build(t, t.strategy)
	return { "more" }
end
if #found > 0 then
	totals.fetch(t, "epoch", "pending", "departed")
	for i = 1, #found do
		-- Those that are left over are found again by the next walk.
		if not fitness.is_enough(t) then
			assignments.replace(t, found[i], "node_lost")
		end
	end
	tx.commit(t)
end
return { "ok", "", orphans_row(tostring(#found), (more or last < #ids) and text.int(numbers[last]) or "") }
