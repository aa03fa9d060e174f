-- The table of strategies. A strategy is a function score(node, settings): the lower, the sooner
-- chosen; equal scores go by id.

local strategies = {}

strategies.names = { "round_robin", "least_loaded", "least_agents", "random", "weighted" }

strategies.score = {
	round_robin = require("lib.strategies.round_robin"),
	least_loaded = require("lib.strategies.least_loaded"),
	least_agents = require("lib.strategies.least_agents"),
	random = require("lib.strategies.random"),
	weighted = require("lib.strategies.weighted"),
}

-- The field of a node's record that a score needs besides active_agents, max_agents and chosen.
strategies.needs = { least_loaded = "usage", weighted = "weight" }

-- Those that choose by lot, not by score.
strategies.by_chance = { random = true }

-- Those that go by a node's figures of usage.
strategies.by_usage = { least_loaded = true }

-- The name with underscores where it is a strategy's, else nil.
function strategies.named(name)
	name = string.gsub(name, "-", "_")
	return strategies.score[name] and name or nil
end

return strategies
