-- The placement indexes. For each class of nodes and each strategy in use there is a sorted set of the nodes
-- that may be given an agent, best first. lib/chooser.lua picks from them.
-- Invariant: such a set holds exactly the nodes for which nodes.eligible is true. (One whose heartbeat has
-- expired since the last sweep is still in it; the chooser passes over it.)

local keys = require("lib.keys")
local classes = require("lib.classes")
local nodes = require("lib.nodes")
local strategies = require("lib.strategies")

local placement = {}

-- The key of a strategy's index of a class.
function placement.index(strategy, class)
	return keys.placement .. strategy .. ":" .. class
end

-- Adds to the members that the class's indexes get. rescored: false where scores by the number of agents
-- and by weight are as they were.
local function add(t, node, rescored)
	local class, kept = classes.get(t, node.class), t.kept
	local added = class.added
	if not added then
		added = {}
		class.added = added
	end
	for i = 1, #kept do
		local strategy = strategies.named[kept[i]]
		if node.enters or not strategy.by_lot and (rescored or strategy.needs == "usage") then
			local list = added[i]
			if not list then
				list = {}
				added[i] = list
			end
			list[#list + 1] = strategy.score(node, t)
			list[#list + 1] = node.id
		end
	end
end

local function remove(t, node, name)
	local class = classes.get(t, name)
	class.eligible = class.eligible - 1
	class.removed = class.removed or {}
	class.removed[#class.removed + 1] = node.id
end

-- Collects what a change of the node adds to the indexes and removes from them.
local function collect(t, node)
	local was, is = not node.was_closed, nodes.eligible(node)
	if was and (not is or node.edited and node.was_class ~= node.class) then
		remove(t, node, node.was_class or node.class)
		was = false
	end
	if is and not was then
		local class = classes.get(t, node.class)
		class.eligible = class.eligible + 1
		node.enters = true
	end
	if is then
		add(t, node, node.joined or node.left or node.edited)
	end
end

local function write_class(t, class)
	local added, removed = class.added, class.removed
	for i = 1, #t.kept do
		if removed then
			redis.call("ZREM", placement.index(t.kept[i], class.name), unpack(removed))
		end
		if added and added[i] then
			redis.call("ZADD", placement.index(t.kept[i], class.name), unpack(added[i]))
		end
	end
end

-- Writes the places of the nodes that have changed, and counts the classes' eligible nodes. Part of
-- tx.commit, before classes.write.
function placement.write(t)
	for i = 1, #t.loaded do
		local node = t.loaded[i]
		if node.joined or node.left or node.reported or node.edited or node.gone then
			collect(t, node)
		end
	end
	for _, class in pairs(t.classes) do
		if class.added or class.removed then
			write_class(t, class)
		end
	end
end

-- Enters one node into one strategy's index, which is being built.
function placement.enter(t, strategy, node)
	if nodes.eligible(node) then
		redis.call("ZADD", placement.index(strategy, node.class), strategies.named[strategy].score(node, t),
			node.id)
	end
end

-- Deletes a strategy's indexes, of all classes.
function placement.drop(strategy)
	for _, class in ipairs(redis.call("SMEMBERS", keys.classes)) do
		redis.call("UNLINK", placement.index(strategy, class))
	end
end

return placement
