-- Which node should run an agent. It reads the best nodes of the placement indexes, and keeps in t what it
-- has seen of them: a call may place many agents before anything is written.
-- Invariant: the next node of an index is its first one that this call has not loaded, or one of those
-- that it has, with the score that they have by now.
--
-- An index is read in windows through a *head*:
--   found    the window, as ZRANGE WITHSCORES gives it; `at` is the place in it
--   rank     where the next window begins; ended: true where there is none; window: the length of this one
--   horizon  the greatest score in the window; live: true where the heartbeats of all its nodes are valid
--   again    a heap of loaded nodes up to the horizon, as { id, score, node, active_agents }
--   id, score, node: the next node, where `ready` is true; id is nil for none; node is set for a loaded one;
--            score is nil where there was nothing to compare it with

local keys = require("lib.keys")
local classes = require("lib.classes")
local heap = require("lib.heap")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
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
-- each, the fewer, so that Redis is not held for long. The call is expected to place so many.
function chooser.budget(t, most)
	if most > 1 then
		local number = #classes.list_open(t)
		local fit = (WORK_US - OPEN_US * number) / (PLACE_US + KEEP_US * #t.kept + LOOK_US * number)
		most = math.max(1, math.min(most, math.floor(fit)))
	end
	t.expected = most
	return most
end

-- Forgets what the call has read of the indexes, since a node has come to have room.
-- rare: agents wait
function chooser.reset(t)
	t.groups, t.group, t.chosen = {}, nil, nil
	for _, class in pairs(t.classes) do
		class.heads = {}
	end
end

-- Lets a node that this call has loaded be chosen again, where it belongs into the window.
local function push(t, head, node)
	if not node.closed and node.active_agents < node.max_agents then
		local needs = head.strategy.needs
		if needs and not node[needs] then
			nodes.need(node, needs)
		end
		local score = head.strategy.score(node, t)
		if score <= head.horizon then
			heap.push(head.again, { id = node.id, score = score, node = node,
				active_agents = node.active_agents })
		end
	end
end

-- Reads the next window, and looks whether its nodes live: nearly always they all do. The first window is as
-- long as it must be if all classes are chosen from alike, each further one is twice as long.
local function read(t, head)
	local number, open = 2 * head.window, #t.open
	if number == 0 then
		number = open == 1 and t.expected or math.ceil(t.expected / open) + 1
	end
	if number > READ_MAX then
		number = READ_MAX
	end
	head.window = number
	local found = redis.call("ZRANGE", head.key, head.rank, head.rank + number - 1, "WITHSCORES")
	local size = #found
	head.found, head.at, head.rank, head.again = found, 1, head.rank + number, {}
	head.ended = size < 2 * number
	head.horizon = head.ended and math.huge or tonumber(found[size])
	local names, loaded, class = {}, t.loaded, head.class
	for i = 1, size / 2 do
		names[i] = keys.heartbeat .. found[2 * i - 1]
	end
	head.live = size > 0 and redis.call("EXISTS", unpack(names)) == size / 2
	for i = 1, #loaded do
		local node = loaded[i]
		if node.class == class then
			push(t, head, node)
		end
	end
end

-- Forgets the nodes in the heap that have changed since they were pushed. Returns the first of the others.
-- rare: a node is chosen again
local function first_again(again)
	while again[1] and again[1].active_agents ~= again[1].node.active_agents do
		heap.pop(again)
	end
	return again[1]
end

-- Finds the next node of an index.
local function advance(t, head, siblings)
	local known, found, at = t.nodes, head.found, head.at
	local id = found[at]
	while not id or known[id] do
		if id then
			at = at + 2
		elseif head.ended then
			break
		else
			read(t, head)
			found, at = head.found, 1
		end
		id = found[at]
	end
	local again, score = head.again[1], nil
	if again then
		again = first_again(head.again)
	end
	if id and (again or siblings > 1) then
		score = tonumber(found[at + 1])
	end
	head.ready, head.at, head.id, head.score, head.node = true, at, id, score, nil
	if again and (not id or again.score < score
		or again.score == score and heap.id_before(again.id, id)) then
		head.id, head.score, head.node = again.id, again.score, again.node
	end
end

-- The indexes that hold nodes with these services (a list): of workers, and of standbys.
local function group_of(t, services, strategy)
	local groups = t.groups[strategy]
	if not groups then
		groups = {}
		t.groups[strategy] = groups
	end
	local group = groups[services]
	if group then
		return group
	end
	group = { services = services, strategy = strategy, by_lot = strategies.get(t, strategy).by_lot,
		workers = {}, standbys = {} }
	groups[services] = group
	local offering = classes.offering(t, services)
	for i = 1, #offering do
		local class, head = offering[i], nil
		local heads = class.heads
		for k = 1, #heads do
			if heads[k].name == strategy then
				head = heads[k]
			end
		end
		if not head then
			head = { name = strategy, strategy = strategies.get(t, strategy), class = class.name,
				key = keys.placement .. strategy .. ":" .. class.name, found = {}, at = 1, rank = 0, window = 0,
				ended = false, horizon = 0, again = {}, ready = false, id = nil, score = nil, node = nil }
			heads[#heads + 1] = head
		end
		heads = class.worker and group.workers or group.standbys
		heads[#heads + 1] = head
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
			if head.id and (not first or head.score < first.score
				or head.score == first.score and heap.id_before(head.id, first.id)) then
				first = head
			end
		end
		if not first then
			return nil
		end
		local id, node, live = first.id, first.node, first.live
		first.ready = false
		if node then
			heap.pop(first.again)
			live = node.live
		else
			first.at = first.at + 2
		end
		if live or liveness.is_alive(t, id) then
			node = node or nodes.candidate(t, id, first.class)
			node.live = true
			return node
		end
		t.lapsed = t.lapsed or {}
		t.lapsed[id] = first.class
	end
	return nil
end

-- A live node of these indexes by lot, all with the same chance, or nil.
-- rare: a strategy that draws by lot
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
		local node = t.nodes[id]
		if node and node.live or liveness.is_alive(t, id) then
			node = node or nodes.candidate(t, id, heads[i].class)
			node.live = true
			if nodes.eligible(node) then
				return node
			end
		end
	end
	return best(t, heads)
end

-- Lets a node be chosen again that was chosen or passed over, and may have changed since.
local function push_all(t, node)
	local heads = t.classes[node.class].heads
	for i = 1, #heads do
		heads[i].ready = false
		push(t, heads[i], node)
	end
end

-- The node that should run an agent that wants these services (a list), or nil: a worker, and a standby
-- only where no worker can. The strategy's index must be complete. The caller gives the agent to it before
-- it asks for the next.
function chooser.choose(t, services, strategy)
	local node, group = t.chosen, t.group
	if node then
		push_all(t, node)
	end
	if not group or group.services ~= services or group.strategy ~= strategy then
		group = group_of(t, services, strategy)
		t.group = group
	end
	if group.by_lot then
		node = drawn(t, group.workers) or drawn(t, group.standbys)
	else
		node = best(t, group.workers) or group.standbys[1] and best(t, group.standbys) or nil
	end
	t.chosen = node
	return node
end

-- Notes that an agent is given to a node that was not chosen from an index; nil for none.
-- rare: an agent has requirements
function chooser.take(t, node)
	if t.chosen then
		push_all(t, t.chosen)
	end
	if node then
		classes.get(t, node.class)
	end
	t.chosen = node
end

return chooser
