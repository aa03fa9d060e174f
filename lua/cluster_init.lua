#!lua
-- Writes the settings of a cluster that has none yet. Settings that exist are kept.
-- ARGV: strategy; cpu, memory, agents: the weights of least_loaded; max_classes; "" each for the default.
-- Reply: {"ok", "", settings row}, with the settings that are valid now.
-- Errors: UNKNOWN_STRATEGY.

local classes = require("lib.classes")
local fail = require("lib.fail")
local keys = require("lib.keys")
local settings_row = require("lib.rows.settings")
local strategies = require("lib.strategies")
local text = require("lib.text")
local tx = require("lib.tx")

local strategy, cpu, memory, agents, max_classes = unpack(ARGV)
replies("settings")
if strategy ~= "" then
	strategy = strategies.name_of(strategy)
		or fail("UNKNOWN_STRATEGY", "strategy: there is none named '" .. strategy .. "'")
end
local now = tx.open()
if redis.call("HEXISTS", keys.settings, "strategy") == 0 then
	redis.call("HSET", keys.settings,
		"strategy", strategy ~= "" and strategy or now.strategy,
		"weight_cpu", cpu ~= "" and cpu or text.figure(now.weight_cpu),
		"weight_memory", memory ~= "" and memory or text.figure(now.weight_memory),
		"weight_agents", agents ~= "" and agents or text.figure(now.weight_agents))
	now = tx.open()
end
if max_classes ~= "" and redis.call("HEXISTS", keys.settings, "max_classes") == 0 then
	redis.call("HSET", keys.settings, "max_classes", max_classes)
end
return { "ok", "", settings_row(now.strategy, text.figure(now.weight_cpu), text.figure(now.weight_memory),
	text.figure(now.weight_agents), redis.call("HGET", keys.settings, "max_classes") or tostring(classes.MAX)) }
