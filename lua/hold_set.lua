#!lua
-- An operator's decision about the nodes that are missing.
-- ARGV: action: "enter" (hold until an operator ends it), "release" (end the hold; heartbeats that have
--   expired by now no longer count towards a hold), "confirm_dead" (as release, and the nodes of these
--   heartbeats go offline without a grace period); and as lib/idempotency.lua takes them: key, request,
--   keep_ms.
-- Reply: {"ok", event id, or "" if the hold has not changed, hold row}.
-- Errors: IDEMPOTENCY_MISMATCH.

local hold = require("lib.hold")
local hold_row = require("lib.hold_row")
local idempotency = require("lib.idempotency")
local tx = require("lib.tx")

local action, key, request, keep_ms = unpack(ARGV)
replies("hold")
local earlier = idempotency.replay(key, request)
if earlier then
	return earlier
end
local t = tx.open()
local h = hold.load()
if action == "enter" then
	if not h.on or h.why ~= "operator" then
		hold.enter(t, h, "operator", t.now)
	end
else
	local confirmed = action == "confirm_dead"
	hold.decide(t, h)
	if confirmed then
		hold.confirm(t, h)
	end
	if h.on then
		hold.leave(t, h, confirmed and "confirmed_dead" or "released")
	end
end
local event = tx.commit(t)
return idempotency.keep(key, request, keep_ms, { "ok", event, hold_row.read(h, t.now) })
