#!lua
-- Switches the cluster's strategy, once the index for it is complete.
-- ARGV: word, the strategy's name, with '_' or '-'; and as lib/idempotency.lua takes them: key, request,
--   keep_ms.
-- Reply: {"ok", event id, or "" if the strategy was set already, switch row}; {"more"} while the index is
--   being built.
-- Errors: IDEMPOTENCY_MISMATCH, UNKNOWN_STRATEGY.

local events = require("lib.events")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local indexes = require("lib.indexes")
local keys = require("lib.keys")
local strategies = require("lib.strategies")
local switch_row = require("lib.rows.switch")
local tx = require("lib.tx")
local writes = require("lib.writes")

local word, key, request, keep_ms = unpack(ARGV)
replies("switch")
local earlier = idempotency.replay(key, request)
if earlier then
	return earlier
end
local strategy = strategies.name_of(word)
	or fail("UNKNOWN_STRATEGY", "strategy: there is none named '" .. word .. "'")
local t = tx.open()
if not indexes.complete(t, strategy) then
	indexes.build(t, strategy)
	return { "more" }
end

local previous = t.strategy
if strategy ~= previous then
	writes.add(t, "HSET", keys.settings, "strategy", strategy)
	t.strategy = strategy
	indexes.note(t, previous)
	events.add(t, "strategy.changed", "strategy", strategy, "previous", previous)
end
return idempotency.keep(key, request, keep_ms, { "ok", tx.commit(t), switch_row(strategy, previous) })
