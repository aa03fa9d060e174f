-- The list of strategies. Each is a file in lib/strategies that returns a table:
--   score(node, t)  a number; the node with the lowest is chosen, and of equal ones the first by id
--   needs           the field of the node's record, as text, that `score` reads besides the numbers
--                   active_agents and max_agents; nil for none
--   by_lot          true: any node of the index is drawn, each with the same chance
-- A new strategy is its file and a row here.

local strategies = {}

strategies.names = { "round_robin", "least_loaded", "least_agents", "random", "weighted", "packed" }

strategies.named = {
	round_robin = require("lib.strategies.round_robin"),
	least_loaded = require("lib.strategies.least_loaded"),
	least_agents = require("lib.strategies.least_agents"),
	random = require("lib.strategies.random"),
	weighted = require("lib.strategies.weighted"),
	packed = require("lib.strategies.packed"),
}

-- The strategy's name with underscores, or nil where there is none of that name.
function strategies.name_of(word)
	word = string.gsub(word, "-", "_")
	return strategies.named[word] and word or nil
end

return strategies
