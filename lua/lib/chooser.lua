-- Which node should run an agent. It reads the best nodes of the placement indexes and remembers
-- what it has given out: a script may place many agents before anything is written to them.
-- Invariant: what comes next in an index is its first node that this script has not changed, or one
-- of those that it has, with the score that they have by now.

local heap = require("lib.heap")
local nodes = require("lib.nodes")
local placement = require("lib.placement")
local strategies = require("lib.strategies")
local text = require("lib.text")

local chooser = {}

local LAPSED_MAX = 1000 -- so many lapsed nodes are passed over before giving up
local DRAWS_MAX = 16 -- so many are drawn by lot in vain before going on in order
local READ_MAX = 100 -- nodes read from an index at once
-- What a script may take, in microseconds, and about what its parts do on a large cluster: an index
-- that is opened, a placement, each strategy's index that it is entered into, and each class that it
-- looks at.
local WORK_US, OPEN_US, PLACE_US, KEEP_US, LOOK_US = 1200, 2, 35, 8, 0.03

local expected = 1
local heads = {} -- by index: what has been read of it, and the changed nodes of its class
local groups = {} -- by strategy and services: the heads to choose from, workers first
local skipped = {} -- by id: the class of a node that was passed over because its heartbeat had lapsed
local given -- the node that was chosen last, which has changed since

-- Says how many agents the script will place at the most.
function chooser.expect(number)
	expected = number
end

-- How many agents, at most `most`, a script should place: the more classes there are to look
-- through for each, the fewer, so that Redis is not held for long.
function chooser.budget(settings, most)
	local _, classes = string.gsub(settings.open_classes, "%S+", "")
	local fit = (WORK_US - OPEN_US * classes)
		/ (PLACE_US + KEEP_US * #settings.kept + LOOK_US * classes)
	return math.max(1, math.min(most, math.floor(fit)))
end

-- The nodes that were passed over because their heartbeat had lapsed: their classes by id.
function chooser.lapsed()
	return skipped
end

-- Has a changed node come again in the index where it may be chosen once more.
local function push(head, node, settings)
	if placement.eligible(node) then
		heap.push(head.again, { id = node.id, node = node,
			score = strategies.score[head.strategy](node, settings) })
	end
end

local function open_head(strategy, class, settings)
	local key = placement.index(strategy, class)
	local head = heads[key]
	if not head then
		head = { key = key, strategy = strategy, class = class, ids = {}, scores = {}, at = 1, rank = 0,
			again = {} }
		heads[key] = head
		local touched = nodes.changed()
		for i = 1, #touched do
			if touched[i].node.class == class then
				push(head, touched[i].node, settings)
			end
		end
	end
	return head
end

-- The indexes that hold nodes with these services (a list): of workers, and of standbys.
local function group_of(services, strategy, settings)
	local name = strategy .. "/" .. services
	local group = groups[name]
	if not group then
		local wanted = text.split(services)
		group = { workers = {}, standbys = {} }
		groups[name] = group
		for class in string.gmatch(settings.open_classes, "%S+") do
			local role, offered = string.match(class, "^(%a+)/(.*)$")
			if text.has_all(offered, wanted) then
				local list = role == "worker" and group.workers or group.standbys
				list[#list + 1] = open_head(strategy, class, settings)
			end
		end
	end
	return group
end

-- Reads on in an index. Scores are left out where there is nothing to compare.
local function read(head, alone)
	local number = math.min(READ_MAX, expected)
	local first, last = head.rank, head.rank + number - 1
	if alone and number == 1 then
		head.ids = redis.call("ZRANGE", head.key, first, last)
	else
		local found = redis.call("ZRANGE", head.key, first, last, "WITHSCORES")
		head.ids, head.scores = {}, {}
		for i = 1, #found, 2 do
			head.ids[#head.ids + 1] = found[i]
			head.scores[#head.ids] = tonumber(found[i + 1])
		end
	end
	placement.meet(head.ids)
	head.at, head.rank, head.ended = 1, last + 1, #head.ids < number
end

-- The first node of an index that has not been changed, or nil.
local function unchanged(head, alone)
	local touched = nodes.changed()
	while true do
		local id = head.ids[head.at]
		if id and not touched[id] then
			return id
		elseif id then
			head.at = head.at + 1
		elseif head.ended then
			return nil
		else
			read(head, alone)
		end
	end
end

-- The first of the changed nodes that may be chosen once more, or nil.
local function changed(head, settings)
	while head.again[1] do
		local first = head.again[1]
		if placement.eligible(first.node)
			and first.score == strategies.score[head.strategy](first.node, settings) then
			return first
		end
		heap.pop(head.again)
	end
	return nil
end

-- What comes next in an index: { id, score, node where it is a changed one }, or nil.
local function next_of(head, alone, settings)
	local again = changed(head, settings)
	local id = unchanged(head, alone and not again)
	if not id then
		return again
	end
	local item = { id = id, score = head.scores[head.at] }
	if not item.score and (again or not alone) then
		item.score = tonumber(redis.call("ZSCORE", head.key, id))
	end
	return again and heap.before(again, item) and again or item
end

-- The best live node of these indexes by (score, id), or nil.
local function best(list, settings)
	for _ = 0, LAPSED_MAX do
		local least, from
		for i = 1, #list do
			local item = next_of(list[i], #list == 1, settings)
			if item and (not least or heap.before(item, least)) then
				least, from = item, list[i]
			end
		end
		if not least then
			return nil
		elseif least.node then
			heap.pop(from.again)
			return least.node
		end
		from.at = from.at + 1
		if placement.alive(least.id) then
			return nodes.load_eligible(least.id, from.class)
		end
		skipped[least.id] = from.class
	end
	return nil
end

-- A live node of these indexes by lot, all equally likely, or nil.
local function drawn(list, settings)
	local total = 0
	for i = 1, #list do
		list[i].size = list[i].size or redis.call("ZCARD", list[i].key)
		total = total + list[i].size
	end
	for _ = 1, total > 0 and DRAWS_MAX or 0 do
		local rank, i = math.random(total) - 1, 1
		while rank >= list[i].size do
			rank = rank - list[i].size
			i = i + 1
		end
		local id = redis.call("ZRANGE", list[i].key, rank, rank)[1]
		if placement.alive(id) then
			local node = nodes.load_eligible(id, list[i].class)
			if placement.eligible(node) then
				return node
			end
		end
	end
	return best(list, settings)
end

-- The node that should run an agent which wants these services (a list), or nil: a worker, and a
-- standby only where no worker can. The strategy's index must be complete. The caller gives the
-- agent to it, by nodes.occupy, before it asks for the next.
function chooser.choose(settings, services, strategy)
	if given then
		for _, head in pairs(heads) do
			if head.class == given.class then
				push(head, given, settings)
			end
		end
	end
	local group = group_of(services, strategy, settings)
	local pick = strategies.by_chance[strategy] and drawn or best
	given = pick(group.workers, settings) or pick(group.standbys, settings)
	return given
end

return chooser
