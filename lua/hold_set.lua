#!lua
-- An operator's word about the nodes that are missed.
-- ARGV: action: "enter" (hold until released), "release" (go on; what has lapsed by now is taken
--   as it comes), "confirm_dead" (go on; what has lapsed by now is dead, without further grace);
--   and as lib/idempotency wants them key, request, keep_ms.
-- Reply: {"ok", event id or "" where the hold stayed as it was, hold row}.
-- Errors: IDEMPOTENCY_MISMATCH.

local clock = require("lib.clock")
local hold = require("lib.hold")
local hold_row = require("lib.hold_row")
local idempotency = require("lib.idempotency")

local key, request, keep_ms = ARGV[2], ARGV[3], ARGV[4]
local earlier = idempotency.replay(key, request)
if earlier then
	return earlier
end
local action = ARGV[1]
local now = clock.now()
local h = hold.load()
local event = ""
if action == "enter" then
	if not h.on or h.why ~= "operator" then
		event = hold.enter(h, "operator", now)
	end
else
	local confirmed = action == "confirm_dead"
	hold.clear(h, now)
	if confirmed then
		hold.confirm(h, now)
	end
	if h.on then
		event = hold.leave(h, confirmed and "confirmed_dead" or "released", false, now)
	end
end
return idempotency.keep(key, request, keep_ms, { "ok", event, hold_row.read(h, now) })
