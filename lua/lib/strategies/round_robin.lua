-- The eligible node that was chosen longest ago.

return function(node)
	return node.chosen
end
