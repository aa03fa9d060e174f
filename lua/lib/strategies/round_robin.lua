-- The node that was chosen longest ago.

local round_robin = {}

round_robin.needs = "chosen"

function round_robin.score(node)
	return tonumber(node.chosen)
end

-- rare: a request asks for an explanation
function round_robin.explain(node)
	return '"chosen":' .. node.chosen
end

return round_robin
