-- The list of strategies. Each is a file in lib/strategies that returns a table:
--   score(node, t)  returns a number. The node with the lowest score is chosen; of equal scores, the first id
--   needs           the name of the field of the node's record, a text, that `score` reads in addition to the
--                   numbers active_agents and max_agents; nil for none
--   unit            what a score of 1 stands for, where it is not shown as it is: 1e-9 for billionths
--   explain(node, t) returns what the score is made of, as the members of a JSON object; nil: the agents
--   alone
--   by_lot          true: a random node of the index is chosen, each with the same chance
-- A new strategy is its file and its name in this list.

local strategies = {}

strategies.names = { "round_robin", "least_loaded", "least_agents", "random", "weighted", "packed" }

-- The strategy `name`, which must be in the list. t.strategies has the strategies that this call has used.
function strategies.get(t, name)
	local strategy = t.strategies[name]
	if not strategy then
		strategy = require("lib.strategies." .. name)
		t.strategies[name] = strategy
	end
	return strategy
end

-- The name of the strategy that a client calls `word`, with '_' or '-'; nil if there is none.
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
