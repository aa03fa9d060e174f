#!lua
-- Switches the cluster's strategy, once the index for it is complete.
-- ARGV: strategy.
-- Reply: {"ok", event id or "" where it was set already, strategy, previous}; {"more"} while the
--   index is being built.
-- Errors: UNKNOWN_STRATEGY.

local clock = require("lib.clock")
local events = require("lib.events")
local fail = require("lib.fail")
local indexes = require("lib.indexes")
local keys = require("lib.keys")
local settings = require("lib.settings").load()
local strategies = require("lib.strategies")

local strategy = strategies.named(ARGV[1])
	or fail("UNKNOWN_STRATEGY", "strategy: there is none named '" .. ARGV[1] .. "'")
if not indexes.prepare(settings, strategy) then
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
return { "ok", event, strategy, previous }
