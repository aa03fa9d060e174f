#!lua
-- Switches the cluster's strategy, once the index for it is complete.
-- ARGV: strategy; and as lib/idempotency wants them key, request, keep_ms.
-- Reply: {"ok", event id or "" where it was set already, strategy, previous}; {"more"} while the
--   index is being built.
-- Errors: IDEMPOTENCY_MISMATCH, UNKNOWN_STRATEGY.

local clock = require("lib.clock")
local events = require("lib.events")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local indexes = require("lib.indexes")
local keys = require("lib.keys")
local settings = require("lib.settings").load()
local strategies = require("lib.strategies")

local key, request, keep_ms = ARGV[2], ARGV[3], ARGV[4]
local earlier = idempotency.replay(key, request)
if earlier then
	return earlier
end
local strategy = strategies.named(ARGV[1])
	or fail("UNKNOWN_STRATEGY", "strategy: there is none named '" .. ARGV[1] .. "'")
if not indexes.complete(settings, strategy) then
	indexes.build(settings, strategy)
	return { "more" }
end

local previous = settings.strategy
local event = ""
if strategy ~= previous then
	redis.call("HSET", keys.settings, "strategy", strategy)
	settings.strategy = strategy
	indexes.note(settings, previous, clock.now())
	event = events.emit("strategy.changed", "strategy", strategy, "previous", previous)
end
return idempotency.keep(key, request, keep_ms, { "ok", event, strategy, previous })
