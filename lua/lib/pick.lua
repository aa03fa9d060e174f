-- Which of the nodes that meet all but the spread is to be taken. They are seen in the order of the strategy.
-- A pick has
--   least    no domain has fewer agents of the group; lowest: the fewest in the domains that were seen
--   hopeless true where all domains have as many as the spread permits
--   firsts   by number of agents in the domain, the first node; first: the first one of all
--   order    how many were seen; done: true where no further one matters

local nodes = require("lib.nodes")
local spread = require("lib.spread")

local pick = {}

-- rare: an agent has requirements
function pick.new(t, r)
	local least = r.by and spread.least(t, r) or 0
	local hopeless = r.most and least >= r.most or false
	return { r = r, least = least, hopeless = hopeless, lowest = nil, firsts = {}, first = nil, order = 0,
		done = hopeless and not r.soft }
end

-- Takes the next node.
-- rare: an agent has requirements
function pick.see(t, p, node)
	local r, number = p.r, 0
	p.order, p.first = p.order + 1, p.first or node
	if r.by then
		number = spread.number(t, r, node)
		p.done = p.hopeless and nodes.role(node) == "worker"
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
	if not p.hopeless then
		p.done = r.skew and number <= p.least or not r.skew and (not r.most or number < r.most)
	end
end

-- The node to be taken, or nil. Where the spread is a preference, a worker that does not meet it comes before
-- a standby that does.
-- rare: an agent has requirements
function pick.node(p)
	local r, found = p.r, nil
	for number, first in pairs(p.firsts) do
		if (not r.most or number < r.most) and (not r.skew or number < p.lowest + r.skew)
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
