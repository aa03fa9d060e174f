-- Any eligible node, all equally likely. All scores are equal, so an index is an ordered list of
-- the eligible, and lib/placement draws a rank from it.

return function()
	return 0
end
