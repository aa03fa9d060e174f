-- Which node should run an agent that has requirements. A short list of nodes is looked at where some
-- requirement makes one; else the placement indexes are walked in order. Where neither decides within the work
-- that a call may do, lib/survey.lua looks at all nodes, in as many calls as that takes.
-- Invariant: it is the node that comes first by the strategy among those that meet every requirement.

local keys = require("lib.keys")
local chooser = require("lib.chooser")
local classes = require("lib.classes")
local fitness = require("lib.fitness")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local refusal = require("lib.refusal")
local requirements = require("lib.requirements")
local spread = require("lib.spread")
local strategies = require("lib.strategies")
local survey = require("lib.survey")

local selection = {}

local LIST_MAX = 128 -- nodes that are looked at one by one
local FEW = 16 -- a list of so many is looked at before anything else
local WALK_SHORT, WALK_LONG = 48, 300 -- nodes of the indexes that are visited
local DOMAINS_MAX = 600 -- domains that are read to find the emptiest ones

-- The smallest set of nodes that has all which meet one of the requirements: its size, and a function that
-- reads the ids. nil where no requirement makes one.
-- rare: an agent has requirements
local function smallest(r)
	local size, read
	local function offer(number, how)
		if not size or number < size then
			size, read = number, how
		end
	end
	for i = 1, #r.labels do
		local key = keys.trait .. "label:" .. r.labels[i]
		offer(redis.call("SCARD", key), function() return redis.call("SMEMBERS", key) end)
	end
	if r.zones then
		local names = {}
		for i = 1, #r.zones do
			names[i] = keys.trait .. "zone=" .. r.zones[i]
		end
		local number = 0
		for i = 1, #names do
			number = number + redis.call("SCARD", names[i])
		end
		offer(number, function() return redis.call("SUNION", unpack(names)) end)
	end
	for i = 1, #r.resources do
		local key, amount = keys.resource .. r.resources[i].name, string.format("%.0f", r.resources[i].amount)
		offer(redis.call("ZCOUNT", key, amount, "+inf"),
			function() return redis.call("ZRANGEBYSCORE", key, amount, "+inf") end)
	end
	if r.nodes then
		offer(#r.nodes, function() return r.nodes end)
	end
	return size, read
end

-- The nodes with all labels and one of the zones that may be given an agent, as an array; nil where there are
-- more than LIST_MAX.
-- rare: an agent has requirements of which each is met by many nodes
local function intersection(t, r, services, strategy)
	local offering, ids, zones = classes.offering(t, services), {}, r.zones or { false }
	for i = 1, #offering do
		for k = 1, #zones do
			local names = { keys.placement .. strategy .. ":" .. offering[i].name }
			for n = 1, #r.labels do
				names[n + 1] = keys.trait .. "label:" .. r.labels[n]
			end
			if zones[k] then
				names[#names + 1] = keys.trait .. "zone=" .. zones[k]
			end
			local number = redis.call("ZINTERCARD", #names, unpack(names))
			if #ids + number > LIST_MAX then
				return nil
			elseif number > 0 then
				names[#names + 1] = "WEIGHTS"
				for n = 1, #names - 1 do
					names[#names + 1] = n == 1 and "1" or "0"
				end
				local found = redis.call("ZINTER", (#names - 1) / 2, unpack(names))
				for n = 1, #found do
					ids[#ids + 1] = found[n]
				end
			end
		end
	end
	return ids
end

-- The nodes of the domains that have the fewest agents of the group, where these are no more than LIST_MAX;
-- else nil. An agent with this spread goes to one of them, if one of the emptiest can take it.
-- rare: an agent requires a spread
local function emptiest(t, r, least)
	local below, domains = least + r.skew, {}
	if r.by == "node" then
		if least == 0 then
			return nil
		end
		local ids = redis.call("ZRANGEBYSCORE", keys.group_nodes .. r.group, "-inf", "(" .. below, "LIMIT", 0,
			LIST_MAX + 1)
		return #ids <= LIST_MAX and ids or nil
	end
	if redis.call("ZCARD", keys.domains .. r.by) > DOMAINS_MAX then
		return nil
	end
	local all, total, names = redis.call("ZRANGE", keys.domains .. r.by, 0, -1, "WITHSCORES"), 0, {}
	for i = 1, #all, 2 do
		domains[#domains + 1] = all[i]
	end
	local numbers = #domains > 0 and redis.call("ZMSCORE", keys.group_domains .. r.by .. "/" .. r.group,
		unpack(domains)) or {}
	for i = 1, #domains do
		if tonumber(numbers[i] or 0) < below then
			total = total + all[2 * i]
			names[#names + 1] = keys.trait .. r.by .. "=" .. domains[i]
		end
	end
	return total <= LIST_MAX and names[1] and redis.call("SUNION", unpack(names)) or nil
end

-- What is seen of the nodes that meet all but the spread, in the order of the strategy.
--   least    no domain has fewer agents; lowest: the fewest of those that were seen
--   firsts   by number of agents in the domain, the first node; first: the first one of all
--   order    how many were seen; done: true where no further one matters
-- rare: an agent has requirements
local function new_pick(t, r)
	return { r = r, least = r.by and r.skew and spread.least(t, r), firsts = {}, order = 0, lowest = nil,
		first = nil, done = false }
end

-- Takes the next node. Returns true where no further one matters.
-- rare: an agent has requirements
local function see(t, pick, node)
	local r, number = pick.r, 0
	pick.order, pick.first = pick.order + 1, pick.first or node
	if r.by then
		number = spread.number(t, r, node)
		if not number then
			return false
		end
	end
	if not pick.firsts[number] then
		pick.firsts[number] = { order = pick.order, node = node }
	end
	if not pick.lowest or number < pick.lowest then
		pick.lowest = number
	end
	if pick.least then
		return number <= pick.least
	end
	return not r.most or number < r.most
end

-- The node that is to be taken of those seen, or nil. Where the spread is a preference, a worker that does not meet it
-- comes before a standby that does.
-- rare: an agent has requirements
local function picked(pick)
	local r, found = pick.r, nil
	for number, first in pairs(pick.firsts) do
		if (not r.most or number < r.most) and (not pick.least or number < pick.lowest + r.skew)
			and (not found or first.order < found.order) then
			found = first
		end
	end
	local node = found and found.node
	if r.soft and (not node or nodes.role(node) == "standby" and nodes.role(pick.first) == "worker") then
		node = pick.first
	end
	return node
end

-- Goes through the indexes in order. Returns the node or nil, and true where that is decided.
-- rare: an agent has requirements
local function walk(t, r, a, strategy, most)
	local pick = new_pick(t, r)
	local open = fitness.open_classes(t)
	local visited, ended = chooser.visit(t, a.services, strategy, most, function(node)
		nodes.details(node)
		pick.done = not fitness.reason(t, r, a.services, node, open) and see(t, pick, node)
		return pick.done
	end)
	chooser.leave(t, visited)
	local node = picked(pick)
	return node, ended or pick.done or r.soft and node ~= nil
end

-- Looks at each of these nodes, and at those that this call has loaded. only_least: the list has only the
-- emptiest domains. Returns the node or nil, and true where that is decided.
-- rare: an agent has requirements
local function look_at(t, r, a, strategy, ids, only_least)
	local kind, open, fit, seen = strategies.get(t, strategy), fitness.open_classes(t), {}, {}
	local function add(id)
		local node = not seen[id] and nodes.look(t, id)
		seen[id] = true
		if node and not fitness.reason(t, r, a.services, node, open) then
			nodes.need(node, kind.needs)
			fit[#fit + 1] = { id = id, node = node, standby = nodes.role(node) == "standby",
				score = kind.by_lot and math.random() or kind.score(node, t) }
		end
	end
	for i = 1, #ids do
		add(ids[i])
	end
	for i = 1, #t.loaded do
		add(t.loaded[i].id)
	end
	table.sort(fit, fitness.before)
	local pick, done = new_pick(t, r), false
	for i = 1, #fit do
		local node = fit[i].node
		if not done and (node.live or liveness.is_alive(t, node.id)) then
			done = see(t, pick, node)
		end
	end
	return picked(pick), done or not only_least
end

-- Chooses by the ways above, the cheapest first. Returns the node or nil, and true where that is decided.
-- rare: an agent has requirements
local function search(t, r, a, strategy)
	local size, read = smallest(r)
	local by_lot = strategies.get(t, strategy).by_lot
	local node, decided
	if size and (size <= FEW or by_lot and size <= LIST_MAX) then
		return look_at(t, r, a, strategy, read())
	end
	if not by_lot then
		node, decided = walk(t, r, a, strategy, WALK_SHORT)
		if decided then
			return node, true
		end
	end
	local ids = size and size <= LIST_MAX and read()
	if not ids and (r.zones or r.labels[1]) then
		ids = intersection(t, r, a.services, strategy)
	end
	if ids then
		return look_at(t, r, a, strategy, ids)
	end
	if r.by and r.skew then
		ids = emptiest(t, r, spread.least(t, r))
		if ids then
			node, decided = look_at(t, r, a, strategy, ids, true)
		end
	end
	if not decided and not by_lot then
		node, decided = walk(t, r, a, strategy, WALK_LONG)
	end
	return node, decided
end

-- The node that should run the agent, or nil where none can; nil and true where the call is to be repeated, and
-- has done a part of the work. The strategy's index must be complete. The caller gives the agent to the node
-- before it asks for the next.
-- rare: an agent has requirements
function selection.choose(t, a, strategy)
	local r = requirements.read(t, a.requires)
	if r.by and not spread.is_ready(t, r) then
		return nil, true
	end
	local node, decided
	if not a.explain and not survey.is_begun(a) then
		node, decided = search(t, r, a, strategy)
	end
	if not decided or not node and not refusal.count(t, r, a) then
		local more
		node, more = survey.go_on(t, r, a, strategy)
		if more then
			return nil, true
		end
	end
	if node then
		node = nodes.candidate(t, node.id, node.class)
		node.live = true
		nodes.details(node)
	end
	chooser.take(t, node)
	return node
end

return selection
