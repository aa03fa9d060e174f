-- The eligible node that was chosen longest ago.

return {
	score = function(node)
		return node.chosen
	end,
}
