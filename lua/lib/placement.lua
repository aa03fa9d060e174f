-- The placement indexes. For each class of nodes (equal role, equal services) and each strategy in
-- use there is a sorted set of the eligible nodes, best first. The open classes are those that have
-- such nodes: a full cluster costs nothing to look through. lib/chooser picks from them.
-- Invariant: such a set holds exactly the nodes for which placement.eligible is true, apart from
-- those whose heartbeat has lapsed since the last sweep, which the chooser passes over; a class is
-- open exactly while its sets are not empty.

local keys = require("lib.keys")
local text = require("lib.text")
local strategies = require("lib.strategies")

local placement = {}

placement.CLASSES_MAX = 256 -- that many sets are looked through at the most

-- True where the node may be given an agent now, its heartbeat apart.
function placement.eligible(node)
	return node.status == "online" and node.healthy == "1" and node.suspect ~= "1"
		and node.active_agents < node.max_agents and node.role ~= "replica"
end

-- The key of a strategy's index of a class.
function placement.index(strategy, class)
	return keys.placement .. strategy .. ":" .. class
end

-- Notes that the class has come to have eligible nodes, or to have none.
local function set_open(settings, class, is_open)
	local open = {}
	for other in string.gmatch(settings.open_classes, "%S+") do
		if other ~= class then
			open[#open + 1] = other
		end
	end
	if is_open then
		open[#open + 1] = class
	end
	settings.open_classes = table.concat(open, " ")
	redis.call("HSET", keys.settings, "open_classes", settings.open_classes)
end

-- Counts the eligible nodes of a class.
local function count(settings, class, delta)
	local now = redis.call("HINCRBY", keys.class .. class, "eligible", delta)
	if now == 0 or (delta > 0 and now == delta) then
		set_open(settings, class, now > 0)
	end
end

-- Brings the indexes in use to where the change from before to after (either may be nil) puts
-- them. Writes nothing where the node's place stays.
function placement.update(settings, before, after)
	local was = before and placement.eligible(before)
	local is = after and placement.eligible(after)
	local moved = was and (not is or before.class ~= after.class)
	if moved then
		count(settings, before.class, -1)
	end
	if is and (moved or not was) then
		count(settings, after.class, 1)
	end
	for i = 1, #settings.kept do
		local name = settings.kept[i]
		local score = strategies.score[name]
		if moved then
			redis.call("ZREM", placement.index(name, before.class), before.id)
		end
		if is and (moved or not was or score(before, settings) ~= score(after, settings)) then
			redis.call("ZADD", placement.index(name, after.class), score(after, settings), after.id)
		end
	end
end

local function append(lists, key, a, b)
	local list = lists[key]
	if not list then
		list = {}
		lists[key] = list
	end
	list[#list + 1] = a
	list[#list + 1] = b
end

-- The same for a node of which the number of agents has changed alone: what is to be added to the
-- indexes and taken out is collected by key, for placement.write.
function placement.move(settings, node, was, added, removed)
	local is = placement.eligible(node)
	if is ~= was then
		count(settings, node.class, is and 1 or -1)
	end
	for i = 1, #settings.kept do
		local name = settings.kept[i]
		if is and not (was and strategies.by_chance[name]) then
			append(added, placement.index(name, node.class), strategies.score[name](node, settings),
				node.id)
		elseif was and not is then
			append(removed, placement.index(name, node.class), node.id)
		end
	end
end

-- Writes what placement.move has collected.
function placement.write(added, removed)
	for key, list in pairs(added) do
		redis.call("ZADD", key, unpack(list))
	end
	for key, list in pairs(removed) do
		redis.call("ZREM", key, unpack(list))
	end
end

-- Enters one node into one strategy's index.
function placement.enter(settings, strategy, node)
	if placement.eligible(node) then
		redis.call("ZADD", placement.index(strategy, node.class),
			strategies.score[strategy](node, settings), node.id)
	end
end

-- Deletes a strategy's indexes, of all classes.
function placement.drop(strategy)
	for _, class in ipairs(redis.call("SMEMBERS", keys.classes)) do
		redis.call("UNLINK", placement.index(strategy, class))
	end
end

local known_alive = {} -- ids: a script asks once for each

-- Asks for many nodes at once: mostly all of them live.
function placement.meet(ids)
	local names = {}
	for i = 1, #ids do
		names[i] = keys.heartbeat .. ids[i]
	end
	if #ids > 1 and redis.call("EXISTS", unpack(names)) == #ids then
		for i = 1, #ids do
			known_alive[ids[i]] = true
		end
	end
end

-- True where the node's heartbeat has not expired.
function placement.alive(id)
	if known_alive[id] == nil then
		known_alive[id] = redis.call("EXISTS", keys.heartbeat .. id) == 1
	end
	return known_alive[id]
end

local standings -- of all classes: { class, role, its services, counters }, read once by a script

local function classes()
	if not standings then
		standings = {}
		for i, class in ipairs(redis.call("SMEMBERS", keys.classes)) do
			local role, offered = string.match(class, "^(%a+)/(.*)$")
			standings[i] = { class, role, offered, redis.call("HMGET", keys.class .. class, "nodes", "ready",
				"draining", "unhealthy", "offline") }
		end
	end
	return standings
end

-- Why no node can take an agent which wants these services (a list): "full=12 service=3 …", each a
-- number of nodes. skipped: by id, the class of a node whose heartbeat had lapsed.
function placement.refusal(services, skipped)
	local wanted = text.split(services)
	local sum = { full = 0, service = 0, draining = 0, unhealthy = 0, offline = 0, role = 0 }
	local able = {} -- the classes that have what is wanted
	for _, standing in ipairs(classes()) do
		local class, role, offered, v = unpack(standing)
		if role == "replica" then
			sum.role = sum.role + v[1]
		elseif not text.has_all(offered, wanted) then
			sum.service = sum.service + v[1]
		else
			able[class] = true
			sum.full = sum.full + (v[2] or 0)
			sum.draining = sum.draining + (v[3] or 0)
			sum.unhealthy = sum.unhealthy + (v[4] or 0)
			sum.offline = sum.offline + (v[5] or 0)
		end
	end
	for _, class in pairs(skipped) do
		if able[class] then
			sum.full = sum.full - 1
			sum.unhealthy = sum.unhealthy + 1
		end
	end
	local reasons = {}
	for name, number in pairs(sum) do
		if number > 0 then
			reasons[#reasons + 1] = name .. "=" .. number
		end
	end
	table.sort(reasons)
	return table.concat(reasons, " ")
end

return placement
