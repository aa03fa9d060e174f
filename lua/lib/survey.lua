-- A look at all nodes: which of them can run an agent, in the order of the strategy, and what rules out each
-- of the others. It takes as many calls as there are nodes to look at; what it has seen so far is kept in
-- `survey:<agent>`, as JSON:
--   ask         what it is about: services, requirements and strategy
--   changes     of its group, when it began
--   class, last the class that is being looked at, and the last node of it; "" for the first one
--   out         by reason, how many nodes are ruled out
--   levels      by the number of agents of the group in a node's domain (0 without a spread): `n` nodes, and
--               the five best, each { id, score, digits, standby, shown }, with the score as a text too

local keys = require("lib.keys")
local chooser = require("lib.chooser")
local classes = require("lib.classes")
local explanation = require("lib.explanation")
local filter = require("lib.filter")
local fitness = require("lib.fitness")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local spread = require("lib.spread")
local strategies = require("lib.strategies")

local survey = {}

local PAGE = 100 -- nodes that are compared with the requirements at once
local WORK, LOOK = 1000, 8 -- what a call may do, in nodes that are compared; what a closer look at one counts
local KEPT_MS = 10000 -- where nobody goes on for so long, it is forgotten
local TOP = 5

-- True where a survey for this agent is under way.
-- rare: an agent has requirements
function survey.is_begun(a)
	return redis.call("EXISTS", keys.survey .. a.id) == 1
end

-- The survey for an agent: the one that is under way, or a new one.
-- rare: all nodes are looked at
local function open(t, r, key, ask)
	local kept = redis.call("GET", key)
	local s = kept and cjson.decode(kept)
	if not s or s.ask ~= ask then
		return { ask = ask, changes = r.by and spread.changes(t, r.group), class = "", last = "", out = {},
			levels = {} }
	end
	for _, level in pairs(s.levels) do
		for i = 1, #level.best do
			level.best[i].score = tonumber(level.best[i].digits)
		end
	end
	return s
end

-- rare: all nodes are looked at
local function rule_out(s, reason, number)
	s.out[reason] = (s.out[reason] or 0) + number
end

-- Takes a node that meets all but the spread.
-- rare: all nodes are looked at
local function take(t, s, r, kind, node)
	local number = 0
	if r.by then
		number = spread.number(t, r, node) or "none"
	end
	nodes.need(node, kind.needs)
	local score = kind.by_lot and math.random() or kind.score(node, t)
	local level = s.levels[tostring(number)] or { n = 0, best = {} }
	s.levels[tostring(number)] = level
	level.n = level.n + 1
	local best, standby = level.best, nodes.role(node) == "standby"
	if best[TOP] and not fitness.before({ id = node.id, score = score, standby = standby }, best[TOP]) then
		return
	end
	best[#best + 1] = { id = node.id, score = score, digits = string.format("%.17g", score), standby = standby,
		shown = explanation.shown(t, kind, node) }
	table.sort(best, fitness.before)
	best[TOP + 1] = nil
end

-- Looks at the next nodes of a class. Returns how many, and what work that was.
-- rare: all nodes are looked at
local function look(t, s, r, a, kind, class)
	local ids = redis.call("ZRANGEBYLEX", keys.ready .. class, s.last == "" and "-" or "(" .. s.last, "+",
		"LIMIT", 0, PAGE)
	if not ids[1] then
		return 0, 0
	end
	local names, looked = {}, 0
	for i = 1, #ids do
		names[i] = keys.heartbeat .. ids[i]
	end
	local live, out = redis.call("EXISTS", unpack(names)) == #ids, filter.reasons(r, ids)
	for i = 1, #ids do
		local reason = not t.nodes[ids[i]] and out[i]
		if not live and not liveness.is_alive(t, ids[i]) then
			reason = "unhealthy"
		elseif not reason then
			local node = nodes.look(t, ids[i])
			looked, reason = looked + 1, node and fitness.reason(t, r, a.services, node)
			if node and not reason then
				take(t, s, r, kind, node)
			end
		end
		if reason then
			rule_out(s, reason, 1)
		end
	end
	s.last = ids[#ids]
	return #ids, #ids + LOOK * looked
end

-- The names of the classes from `first` on, in order.
-- rare: all nodes are looked at
local function classes_from(t, first)
	local names, rest = { unpack(classes.names(t)) }, {}
	table.sort(names)
	for i = 1, #names do
		if names[i] >= first then
			rest[#rest + 1] = names[i]
		end
	end
	return rest
end

-- Looks at a page of nodes. Returns true when all were looked at.
-- rare: all nodes are looked at
local function page(t, s, r, a, kind)
	local names, left = classes_from(t, s.class), WORK
	for i = 1, #names do
		local name = names[i]
		if name ~= s.class then
			s.class, s.last = name, ""
		end
		local replica = string.sub(name, 1, 8) == "replica/"
		if replica or not classes.offers(classes.get(t, name), a.services) then
			rule_out(s, replica and "role" or "service", redis.call("ZCARD", keys.ready .. name))
		else
			local number, work
			repeat
				if left <= 0 then
					return false
				end
				number, work = look(t, s, r, a, kind, name)
				left = left - work
			until number < PAGE
		end
	end
	return true
end

-- The best of the nodes in the levels that the spread permits, in order, and how many nodes these levels
-- have. Where it is a preference, the others follow: workers before standbys, and then those that meet it
-- first.
-- rare: all nodes are looked at
local function permitted(s, r)
	local lowest, best, number, others = nil, {}, 0, 0
	for name in pairs(s.levels) do
		local n = tonumber(name)
		if n and (not lowest or n < lowest) then
			lowest = n
		end
	end
	for name, level in pairs(s.levels) do
		local n = tonumber(name)
		local meets = n and (not r.most or n < r.most) and (not r.skew or n < lowest + r.skew)
		if meets or r.soft then
			number = number + level.n
			for i = 1, #level.best do
				level.best[i].meets = meets or false
				best[#best + 1] = level.best[i]
			end
		else
			others = others + level.n
		end
	end
	if others > 0 then
		rule_out(s, "spread", others)
	end
	table.sort(best, function(a, b)
		if a.standby == b.standby and a.meets ~= b.meets then
			return a.meets
		end
		return fitness.before(a, b)
	end)
	return best, number
end

-- True where the spread still permits a node that an earlier call has seen.
-- rare: all nodes are looked at
local function is_as_before(t, s, r, seen, node)
	if not r.by or not seen.meets or s.changes == spread.changes(t, r.group) then
		return true
	end
	local number = spread.number(t, r, node)
	return number and (not r.most or number < r.most) and (not r.skew or number < spread.least(t, r) + r.skew)
end

-- rare: all nodes are looked at
local function finish(t, s, r, a, strategy)
	redis.call("DEL", keys.survey .. a.id)
	local sums = classes.standings(t)
	for reason, number in pairs(sums) do
		if number > 0 then
			rule_out(s, reason, number)
		end
	end
	local best, number = permitted(s, r)
	a.reasons = explanation.reasons(s.out)
	if a.explain then
		a.explanation = explanation.text(strategy, number, s.out, best, TOP)
	end
	for i = 1, #best do
		local node = nodes.look(t, best[i].id)
		if node and is_as_before(t, s, r, best[i], node)
			and not fitness.reason(t, r, a.services, node, fitness.open_classes(t))
			and liveness.is_alive(t, node.id) then
			return node
		end
	end
	return nil, #best > 0
end

-- True where this call changes how a node stands, which the sets do not know yet.
-- rare: all nodes are looked at
local function is_stale(t)
	for i = 1, #t.loaded do
		if t.loaded[i].edited then
			return true
		end
	end
	return false
end

-- Goes on with the survey for an agent, or begins it. Returns the node that should run it, nil for none: then
-- a.reasons says what rules out the nodes. Returns nil and true where the call is to be repeated. With
-- a.explain, a.explanation is set.
-- rare: all nodes are looked at
function survey.go_on(t, r, a, strategy)
	if is_stale(t) then
		return nil, true
	end
	local key, ask = keys.survey .. a.id, a.services .. "|" .. r.text .. "|" .. strategy
	local s = open(t, r, key, ask)
	chooser.take(t, nil)
	if not page(t, s, r, a, strategies.get(t, strategy)) then
		redis.call("SET", key, cjson.encode(s), "PX", KEPT_MS)
		return nil, true
	end
	return finish(t, s, r, a, strategy)
end

return survey
