-- The list of strategies. Each is a file in lib/strategies that returns a table:
--   score(node, t)  a number; the node with the lowest is chosen, and of equal ones the first by id
--   needs           the field of the node's record, as text, that `score` reads besides the numbers
--                   active_agents and max_agents; nil for none
--   by_lot          true: any node of the index is drawn, each with the same chance
-- A new strategy is its file and its name in this list.

local strategies = {}

strategies.names = { "round_robin", "least_loaded", "least_agents", "random", "weighted", "packed" }

-- The strategy of that name. t.strategies has those that this call has used.
function strategies.get(t, name)
	local strategy = t.strategies[name]
	if not strategy then
		strategy = require("lib.strategies." .. name)
		t.strategies[name] = strategy
	end
	return strategy
end

-- The strategy's name with underscores, or nil where there is none of that name.
-- rare: a request names a strategy
function strategies.name_of(word)
	word = string.gsub(word, "-", "_")
	for i = 1, #strategies.names do
		if strategies.names[i] == word then
			return word
		end
	end
	return nil
end

return strategies
