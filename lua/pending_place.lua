#!lua
-- Task of the leader: places pending agents, in the order of the queue, and releases those that have waited
-- for too long. Scripts that make room place some of them at once; this task places the others. ARGV: the
-- leader's id, nonce, term; most (agents per call). Reply: {"ok", "", placing row}. Errors: NOT_LEADER.

local indexes = require("lib.indexes")
local keys = require("lib.keys")
local lease = require("lib.lease")
local placing_row = require("lib.rows.placing")
local queue = require("lib.queue")
local selective = require("lib.selective")
local totals = require("lib.totals")
local tx = require("lib.tx")

local id, nonce, term, most = unpack(ARGV)
replies("placing")
lease.check(id, nonce, term)
if redis.call("EXISTS", keys.pending) == 0 then
	return { "ok", "", placing_row("0", "0") }
end
local t = tx.open()
if not indexes.complete(t, t.strategy) then
	indexes.build(t, t.strategy)
	return { "more" }
end
totals.fetch(t, "epoch", "pending", "departed", "swept")
local expired = queue.expire(t)
local more = selective.wake_further(t)
local placed, further = queue.place(t, tonumber(most))
further = further or more or expired
if not further then
	selective.sweep(t)
end
tx.commit(t)
return { "ok", "", placing_row(tostring(placed), further and "1" or "0") }
