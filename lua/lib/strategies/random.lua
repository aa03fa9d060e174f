-- A random node that has room, each with the same chance.

local random = {}

random.by_lot = true

function random.score()
	return 0
end

return random
