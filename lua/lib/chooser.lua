-- Which node should run an agent. It reads the best nodes of the placement indexes, and keeps in t what it
-- has seen of them: a call may place many agents before anything is written.
-- Invariant: the next node of an index is its first one that this call has not changed, or one of those
-- that it has, with the score that they have by now.
--
-- An index is read in windows through a *head*:
--   found    the window, as ZRANGE WITHSCORES gives it; `at` is the place in it
--   rank     where the next window begins; ended: true where there is none
--   horizon  the greatest score in the window
--   again    a heap of changed nodes up to the horizon, as { id, score, node, active_agents }
--   id, score, node: the next node, where `ready` is true; id is nil for none; node is set for a changed one;
--            score is nil where there was nothing to compare it with

local keys = require("lib.keys")
local classes = require("lib.classes")
local heap = require("lib.heap")
local nodes = require("lib.nodes")
local placement = require("lib.placement")
local strategies = require("lib.strategies")

local chooser = {}

local LAPSED_MAX = 1000 -- so many expired nodes are passed over before giving up
local DRAWS_MAX = 16 -- so many are drawn by lot in vain before going on in order
local READ_MAX = 100 -- nodes read from an index at once
-- What a script may take, in microseconds, and about what its parts do on a large cluster: an index
-- that is opened, a placement, each strategy's index that it is entered into, and each class that it
-- looks at.
local WORK_US, OPEN_US, PLACE_US, KEEP_US, LOOK_US = 1200, 2, 35, 8, 0.03

-- How many agents, at most `most`, a call should place: the more classes there are to look through for
-- each, the fewer, so that Redis is not held for long.
function chooser.budget(t, most)
	local number = #classes.list_open(t)
	local fit = (WORK_US - OPEN_US * number) / (PLACE_US + KEEP_US * #t.kept + LOOK_US * number)
	return math.max(1, math.min(most, math.floor(fit)))
end

-- Says how many agents the call will place at most.
function chooser.expect(t, number)
	t.expected = number
end

-- True where the node's heartbeat has not expired.
function chooser.is_alive(t, id)
	if t.alive[id] == nil then
		t.alive[id] = redis.call("EXISTS", keys.heartbeat .. id) == 1
	end
	return t.alive[id]
end

-- Looks whether the nodes of a window live: nearly always they all do.
local function check_alive(t, found)
	local names = {}
	for i = 1, #found, 2 do
		names[#names + 1] = keys.heartbeat .. found[i]
	end
	if names[2] and redis.call("EXISTS", unpack(names)) == #names then
		for i = 1, #found, 2 do
			t.alive[found[i]] = true
		end
	end
end

-- Lets a node that this call has loaded be chosen again, where it belongs into the window.
local function push(t, head, node)
	if nodes.eligible(node) then
		local score = head.strategy.score(node, t)
		if score <= head.horizon then
			heap.push(head.again, { id = node.id, score = score, node = node,
				active_agents = node.active_agents })
		end
	end
end

-- Reads the next window. siblings: how many heads there are to choose from.
local function read(t, head, siblings)
	local number = math.min(READ_MAX, math.ceil(t.expected / siblings) + (siblings > 1 and 1 or 0))
	local found = redis.call("ZRANGE", head.key, head.rank, head.rank + number - 1, "WITHSCORES")
	head.found, head.at, head.rank = found, 1, head.rank + number
	head.ended = #found < 2 * number
	head.horizon = head.ended and math.huge or tonumber(found[#found])
	check_alive(t, found)
	head.again = {}
	local loaded = t.loaded
	for i = 1, #loaded do
		if loaded[i].class == head.class then
			push(t, head, loaded[i])
		end
	end
end

-- Finds the next node of an index.
local function advance(t, head, siblings)
	local known, id = t.nodes, head.found[head.at]
	while not id or known[id] do
		if id then
			head.at = head.at + 2
		elseif head.ended then
			break
		else
			read(t, head, siblings)
		end
		id = head.found[head.at]
	end
	head.ready, head.node, head.id, head.score = true, nil, id, nil
	local again = head.again[1]
	while again and again.active_agents ~= again.node.active_agents do
		heap.pop(head.again)
		again = head.again[1]
	end
	if id and (again or siblings > 1) then
		head.score = tonumber(head.found[head.at + 1])
	end
	if again and (not id or heap.before(again, head)) then
		head.id, head.score, head.node = again.id, again.score, again.node
	end
end

local function open_head(strategy, class)
	for i = 1, #class.heads do
		if class.heads[i].name == strategy then
			return class.heads[i]
		end
	end
	local head = { name = strategy, strategy = strategies.named[strategy], class = class.name,
		key = placement.index(strategy, class.name), found = {}, at = 1, rank = 0, ended = false,
		horizon = 0, again = {}, ready = false, id = nil, score = nil, node = nil, size = nil }
	class.heads[#class.heads + 1] = head
	return head
end

-- The indexes that hold nodes with these services (a list): of workers, and of standbys.
local function group_of(t, services, strategy)
	local name = strategy .. "/" .. services
	local group = t.groups[name]
	if not group then
		group = { services = services, strategy = strategy, by_lot = strategies.named[strategy].by_lot,
			workers = {}, standbys = {} }
		t.groups[name] = group
		local open = classes.list_open(t)
		for i = 1, #open do
			local class = open[i]
			if classes.offers(class, services) then
				local heads = class.worker and group.workers or group.standbys
				heads[#heads + 1] = open_head(strategy, class)
			end
		end
	end
	return group
end

-- The best live node of these indexes by (score, id), or nil.
local function best(t, heads)
	local siblings = #heads
	for _ = 0, LAPSED_MAX do
		local first
		for i = 1, siblings do
			local head = heads[i]
			if not head.ready then
				advance(t, head, siblings)
			end
			if head.id and (not first or heap.before(head, first)) then
				first = head
			end
		end
		if not first then
			return nil
		end
		first.ready = false
		if first.node then
			heap.pop(first.again)
			return first.node
		end
		first.at = first.at + 2
		if chooser.is_alive(t, first.id) then
			return nodes.candidate(t, first.id, first.class)
		end
		t.lapsed[first.id] = first.class
	end
	return nil
end

-- A live node of these indexes by lot, all with the same chance, or nil.
local function drawn(t, heads)
	local total = 0
	for i = 1, #heads do
		local head = heads[i]
		head.size = head.size or redis.call("ZCARD", head.key)
		total = total + head.size
	end
	for _ = 1, total > 0 and DRAWS_MAX or 0 do
		local rank, i = math.random(total) - 1, 1
		while rank >= heads[i].size do
			rank = rank - heads[i].size
			i = i + 1
		end
		local id = redis.call("ZRANGE", heads[i].key, rank, rank)[1]
		if chooser.is_alive(t, id) then
			local node = nodes.candidate(t, id, heads[i].class)
			if nodes.eligible(node) then
				return node
			end
		end
	end
	return best(t, heads)
end

-- The node that was chosen last has changed since: it comes again where it may.
local function take_back(t, node)
	local heads = classes.get(t, node.class).heads
	for i = 1, #heads do
		heads[i].ready = false
		push(t, heads[i], node)
	end
end

-- The node that should run an agent that wants these services (a list), or nil: a worker, and a standby
-- only where no worker can. The strategy's index must be complete. The caller gives the agent to it before
-- it asks for the next.
function chooser.choose(t, services, strategy)
	if t.chosen then
		take_back(t, t.chosen)
	end
	local group = t.group
	if not group or group.services ~= services or group.strategy ~= strategy then
		group = group_of(t, services, strategy)
		t.group = group
	end
	local pick = group.by_lot and drawn or best
	local node = group.workers[1] and pick(t, group.workers)
		or group.standbys[1] and pick(t, group.standbys) or nil
	t.chosen = node
	return node
end

return chooser
