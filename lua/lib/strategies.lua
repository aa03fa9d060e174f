-- The table of strategies. A strategy is a module with score(node, settings): the lower, the
-- sooner chosen; equal scores go by id. by_chance: chosen by lot, not by score.

local strategies = {
	names = { "round_robin", "least_loaded", "least_agents", "random", "weighted" },
	round_robin = require("lib.strategies.round_robin"),
	least_loaded = require("lib.strategies.least_loaded"),
	least_agents = require("lib.strategies.least_agents"),
	random = require("lib.strategies.random"),
	weighted = require("lib.strategies.weighted"),
}

-- The name with underscores where it is a strategy's, else nil.
function strategies.named(name)
	name = string.gsub(name, "-", "_")
	if name ~= "names" and name ~= "named" and strategies[name] then
		return name
	end
	return nil
end

return strategies
