-- The placement indexes. For each class of nodes and each strategy in use there is a sorted set of the nodes
-- that may be given an agent, best first. lib/chooser.lua picks from them.
-- Invariant: such a set holds exactly the nodes for which nodes.eligible is true. (One whose heartbeat has
-- expired since the last sweep is still in it; the chooser passes over it.)

local keys = require("lib.keys")
local classes = require("lib.classes")
local nodes = require("lib.nodes")
local strategies = require("lib.strategies")

local placement = {}

-- Redis keeps a small sorted set as a list, which every change searches from its start. A member of more
-- than 64 bytes makes it a skip list, and it stays one when that member goes.
local LONG = "a member so long that Redis makes a skip list of this sorted set, where changes are cheap"

-- The key of a strategy's index of a class.
function placement.index(strategy, class)
	return keys.placement .. strategy .. ":" .. class
end

-- Makes a skip list of an index.
local function make_skip_list(index)
	redis.call("ZADD", index, "inf", LONG)
	redis.call("ZREM", index, LONG)
end

-- rare: the node has got its last agent or its first free place, or has changed more than its agents
local function cross(t, node, is)
	local was = not node.was_closed
	if was and (not is or node.edited and node.was_class ~= node.class) then
		local class = classes.get(t, node.was_class or node.class)
		classes.count_eligible(t, class.name, -1)
		class.removed = class.removed or {}
		class.removed[#class.removed + 1] = node.id
		was = false
	end
	if is and not was then
		classes.count_eligible(t, node.class, 1)
		classes.get(t, node.class).entered = true
	end
	t.counted = true
	return is and not was
end

-- Collects what a change of the node adds to the indexes of its class. kept: the strategies.
local function collect(t, node, kept)
	local is = not node.closed and node.active_agents < node.max_agents
	local edited, enters = node.edited, false
	if not is or node.was_closed or edited then
		enters = cross(t, node, is)
	end
	if not is then
		return
	end
	local class = t.classes[node.class] or classes.get(t, node.class)
	local added, moves = class.added, edited or node.joined or node.left
	if not added then
		added = {}
		class.added = added
	end
	for i = 1, #kept do
		local strategy = kept[i]
		local needs = strategy.needs
		if edited then
			nodes.need(node, needs)
		end
		if enters or not strategy.by_lot and (moves or needs == "report") then
			local list, score = added[i], strategy.score(node, t)
			if not list then
				list = {}
				added[i] = list
			end
			local n = #list
			-- Most scores are whole numbers: as text they cost half as much.
			list[n + 1] = score % 1 == 0 and score < 2147483648 and string.format("%d", score) or score
			list[n + 2] = node.id
		end
	end
end

-- Writes the places of the nodes that have changed, and counts the classes' eligible nodes. Part of
-- tx.commit, before classes.write.
function placement.write(t)
	local loaded, names, kept = t.loaded, t.kept, {}
	for i = 1, #names do
		kept[i] = strategies.get(t, names[i])
	end
	for i = 1, #loaded do
		local node = loaded[i]
		if node.joined or node.left or node.reported or node.edited then
			collect(t, node, kept)
		end
	end
	for name, class in pairs(t.classes) do
		local added, removed = class.added, class.removed
		for i = 1, (added or removed) and #names or 0 do
			local index = keys.placement .. names[i] .. ":" .. name
			if removed then
				redis.call("ZREM", index, unpack(removed))
			end
			if added and added[i] then
				redis.call("ZADD", index, unpack(added[i]))
			end
			if class.entered then
				make_skip_list(index)
			end
		end
	end
end

-- Enters one node into one strategy's index, which is being built.
function placement.enter(t, strategy, node)
	if nodes.eligible(node) then
		local kind, index = strategies.get(t, strategy), placement.index(strategy, node.class)
		nodes.need(node, kind.needs)
		redis.call("ZADD", index, kind.score(node, t), node.id)
		make_skip_list(index)
	end
end

-- Deletes a strategy's indexes, of all classes.
function placement.drop(strategy)
	for _, class in ipairs(redis.call("SMEMBERS", keys.classes)) do
		redis.call("UNLINK", placement.index(strategy, class))
	end
end

return placement
