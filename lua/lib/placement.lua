-- Which node should run an agent. For each class of nodes (equal role, equal services) and each
-- strategy in use there is a sorted set of the eligible nodes, best first. The open classes are
-- those that have such nodes: a full cluster costs nothing to look through.
-- Invariant: such a set holds exactly the nodes for which placement.eligible is true, apart from
-- those whose heartbeat has lapsed since the last sweep, which placement.choose passes over; a
-- class is open exactly while its sets are not empty.

local keys = require("lib.keys")
local text = require("lib.text")
local strategies = require("lib.strategies")

local placement = {}

placement.CLASSES_MAX = 256 -- that many sets are looked through at the most
local LAPSED_MAX = 1000 -- so many lapsed nodes are passed over before giving up
local WORK_MAX = 600 -- sets looked at by a script, about, and the rest of a placement counts as 8
local DRAWS_MAX = 16 -- so many lapsed nodes are drawn by lot before going on in order

local open -- the open classes: read once per script, and kept as it changes them

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
local function set_open(class, is_open)
	redis.call(is_open and "SADD" or "SREM", keys.open_classes, class)
	open = nil
end

-- Brings the indexes in use to where the change from before to after (either may be nil) puts
-- them. Writes nothing where the node's place stays.
function placement.update(settings, before, after)
	local was = before and placement.eligible(before)
	local is = after and placement.eligible(after)
	local moved = was and (not is or before.class ~= after.class)
	if moved and redis.call("HINCRBY", keys.class .. before.class, "eligible", -1) == 0 then
		set_open(before.class, false)
	end
	if is and (moved or not was) and redis.call("HINCRBY", keys.class .. after.class, "eligible", 1) == 1 then
		set_open(after.class, true)
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

-- True where the node's heartbeat has not expired.
function placement.alive(id)
	if known_alive[id] == nil then
		known_alive[id] = redis.call("EXISTS", keys.heartbeat .. id) == 1
	end
	return known_alive[id]
end

-- The best live node of these indexes by (score, id), or nil.
local function best(indexes, skipped)
	local heads = {}
	local function advance(i, rank)
		local head = redis.call("ZRANGE", indexes[i], rank, rank, "WITHSCORES")
		heads[i] = head[1] and { id = head[1], score = tonumber(head[2]), rank = rank } or false
	end
	for i = 1, #indexes do
		advance(i, 0)
	end
	for _ = 0, LAPSED_MAX do
		local least, at
		for i = 1, #indexes do
			local head = heads[i]
			if head and (not least or head.score < least.score
				or head.score == least.score and text.before(head.id, least.id)) then
				least, at = head, i
			end
		end
		if not least then
			return nil
		end
		if placement.alive(least.id) then
			return least.id
		end
		skipped[least.id] = true
		advance(at, least.rank + 1)
	end
	return nil
end

-- A live node of these indexes by lot, all equally likely, or nil.
local function drawn(indexes, skipped)
	local sizes, total = {}, 0
	for i = 1, #indexes do
		sizes[i] = redis.call("ZCARD", indexes[i])
		total = total + sizes[i]
	end
	if total == 0 then
		return nil
	end
	for _ = 1, DRAWS_MAX do
		local rank = math.random(total) - 1
		local i = 1
		while rank >= sizes[i] do
			rank = rank - sizes[i]
			i = i + 1
		end
		local id = redis.call("ZRANGE", indexes[i], rank, rank)[1]
		if placement.alive(id) then
			return id
		end
	end
	return best(indexes, skipped)
end

-- How many agents, at most `most`, a script should place: the more classes there are to look
-- through for each, the fewer, so that Redis is not held for long.
function placement.budget(most)
	open = open or redis.call("SMEMBERS", keys.open_classes)
	return math.max(1, math.min(most, math.floor(WORK_MAX / (8 + #open))))
end

-- The id of the node that should run an agent which wants these services (an array), or nil:
-- a worker, and a standby only where no worker can. The strategy's index must be complete.
-- The second result is a set of ids that were passed over because their heartbeat had lapsed.
function placement.choose(services, strategy)
	local skipped = {}
	open = open or redis.call("SMEMBERS", keys.open_classes)
	local pick = strategies.by_chance[strategy] and drawn or best
	for _, role in ipairs({ "worker/", "standby/" }) do
		local indexes = {}
		for i = 1, #open do
			local class = open[i]
			if string.sub(class, 1, #role) == role
				and text.has_all(string.sub(class, #role + 1), services) then
				indexes[#indexes + 1] = placement.index(strategy, class)
			end
		end
		local id = #indexes > 0 and pick(indexes, skipped)
		if id then
			return id, skipped
		end
	end
	return nil, skipped
end

-- Why no node can take an agent which wants these services: "full=12 service=3 …", each a number
-- of nodes. skipped: as placement.choose returned it.
function placement.refusal(services, skipped)
	local sum = { full = 0, service = 0, draining = 0, unhealthy = 0, offline = 0, role = 0 }
	for _, class in ipairs(redis.call("SMEMBERS", keys.classes)) do
		local v = redis.call("HMGET", keys.class .. class, "nodes", "ready", "draining", "unhealthy",
			"offline")
		local role, offered = string.match(class, "^(%a+)/(.*)$")
		if role == "replica" then
			sum.role = sum.role + v[1]
		elseif not text.has_all(offered, services) then
			sum.service = sum.service + v[1]
		else
			sum.full = sum.full + (v[2] or 0)
			sum.draining = sum.draining + (v[3] or 0)
			sum.unhealthy = sum.unhealthy + (v[4] or 0)
			sum.offline = sum.offline + (v[5] or 0)
		end
	end
	for _ in pairs(skipped) do
		sum.full = sum.full - 1
		sum.unhealthy = sum.unhealthy + 1
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
