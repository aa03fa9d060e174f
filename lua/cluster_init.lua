#!lua
-- Gives a cluster that has no settings yet its first ones; those that stand are kept.
-- ARGV: strategy, weight_cpu, weight_memory, weight_agents ("" each for no wish).
-- Reply: {"ok", "", strategy, weight_cpu, weight_memory, weight_agents} as they stand now.
-- Errors: UNKNOWN_STRATEGY.

local fail = require("lib.fail")
local keys = require("lib.keys")
local settings = require("lib.settings")
local strategies = require("lib.strategies")

local names = { "strategy", "weight_cpu", "weight_memory", "weight_agents" }
local wishes = { unpack(ARGV) }
if wishes[1] ~= "" then
	wishes[1] = strategies.named(wishes[1])
		or fail("UNKNOWN_STRATEGY", "strategy: there is none named '" .. wishes[1] .. "'")
end
for i = 1, #names do
	if wishes[i] ~= "" then
		redis.call("HSETNX", keys.settings, names[i], wishes[i])
	end
end
local now = settings.load()
return { "ok", "", now.strategy, tostring(now.weight_cpu), tostring(now.weight_memory),
	tostring(now.weight_agents) }
