-- Which of the nodes that meet all but the spread is to be taken. They are seen in the order of the strategy.
-- A pick has
--   least    no domain has fewer agents of the group; lowest: the fewest in the domains that were seen
--   firsts   by number of agents in the domain, the first node; first: the first one of all
--   order    how many were seen; done: true where no further one matters

local nodes = require("lib.nodes")
local spread = require("lib.spread")

local pick = {}

-- rare: an agent has requirements
function pick.new(t, r)
	return { r = r, least = r.by and r.skew and spread.least(t, r), lowest = nil, firsts = {}, first = nil, order = 0,
		done = false }
end

-- Takes the next node.
-- rare: an agent has requirements
function pick.see(t, p, node)
	local r, number = p.r, 0
	p.order, p.first = p.order + 1, p.first or node
	if r.by then
		number = spread.number(t, r, node)
		if not number then
			return
		end
	end
	if not p.firsts[number] then
		p.firsts[number] = { order = p.order, node = node }
	end
	if not p.lowest or number < p.lowest then
		p.lowest = number
	end
	if p.least then
		p.done = number <= p.least
	else
		p.done = not r.most or number < r.most
	end
end

-- The node to be taken, or nil. Where the spread is a preference, a worker that does not meet it comes before a
-- standby that does.
-- rare: an agent has requirements
function pick.node(p)
	local r, found = p.r, nil
	for number, first in pairs(p.firsts) do
		if (not r.most or number < r.most) and (not p.least or number < p.lowest + r.skew)
			and (not found or first.order < found.order) then
			found = first
		end
	end
	local node = found and found.node
	if r.soft and (not node or nodes.role(node) == "standby" and nodes.role(p.first) == "worker") then
		node = p.first
	end
	return node
end

return pick
