#!lua
-- Task of the leader: moves agents off the node that has waited longest for that: one that is offline, or
-- one whose departure was not completed. During a hold, offline nodes wait.
-- ARGV: the leader's id, nonce, term; most (agents per call).
-- Reply: {"ok", "", evacuation row}; {"more", …} if there may be more to move.
-- Errors: NOT_LEADER.

local evacuation = require("lib.evacuation")
local evacuation_row = require("lib.rows.evacuation")
local hold = require("lib.hold")
local indexes = require("lib.indexes")
local lease = require("lib.lease")
local totals = require("lib.totals")
local tx = require("lib.tx")

local id, nonce, term, most = unpack(ARGV)
replies("evacuation")
lease.check(id, nonce, term)
local t = tx.open()
local waiting = evacuation.waiting(t, hold.load().on)
if not waiting[1] then
	return { "ok", "", evacuation_row("", "0", "0") }
end
if not indexes.complete(t, t.strategy) then
	indexes.build(t, t.strategy)
	return { "more" }
end
totals.fetch(t, "epoch", "pending", "departed")
local moved, pending, done = evacuation.step(t, waiting[1], tonumber(most))
tx.commit(t)
return { (waiting[2] or not done) and "more" or "ok", "",
	evacuation_row(waiting[1], tostring(moved), tostring(pending)) }
