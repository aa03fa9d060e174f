-- Goes through the placement indexes in the order of the strategy, until a node is found that an agent with
-- requirements can go to. Windows of the indexes are compared with the requirements at once (lib/filter.lua).
-- What this call has changed is not in the indexes yet: the nodes that it has loaded are looked at beside
-- them. A *source* is one index, or the loaded nodes:
--   found     candidates { id, score, standby }, in order; at: the next of them
--   rank      where the next window begins; window: its length
--   bound     the last entry that was read, which all further ones come after; nil where there are none

local keys = require("lib.keys")
local classes = require("lib.classes")
local filter = require("lib.filter")
local fitness = require("lib.fitness")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local pick = require("lib.pick")
local strategies = require("lib.strategies")

local walk = {}

local WINDOW_MAX = 200
local LOOK = 10 -- what a look at a node costs, in entries
local DRAWS = 64
local VISITS = 8 -- nodes of a long list that are visited

-- The loaded nodes that may be given an agent, as a source.
-- rare: an agent has requirements
local function loaded(t, kind)
	local found = {}
	for i = 1, #t.loaded do
		local node = t.loaded[i]
		if nodes.eligible(node) and not node.gone then
			nodes.need(node, kind.needs)
			found[#found + 1] = { id = node.id, score = kind.score(node, t), standby = nodes.role(node) == "standby" }
		end
	end
	table.sort(found, fitness.before)
	return { found = found, at = 1, bound = nil }
end

-- The sources: the indexes of the classes that offer these services, and the loaded nodes.
-- rare: an agent has requirements
local function open(t, services, strategy, kind)
	local offering, sources = classes.offering(t, services), { loaded(t, kind) }
	for i = 1, #offering do
		local standby = not offering[i].worker
		sources[i + 1] = { key = keys.placement .. strategy .. ":" .. offering[i].name, standby = standby,
			found = {}, at = 1, rank = 0, window = math.max(8, math.floor(WINDOW_MAX / #offering / 4)),
			bound = { id = "", score = -math.huge, standby = standby } }
	end
	return sources
end

-- Reads the next window of an index. Returns how many nodes it has.
-- rare: an agent has requirements
local function read(t, r, source)
	local v = redis.call("ZRANGE", source.key, source.rank, source.rank + source.window - 1, "WITHSCORES")
	local ids, found = {}, {}
	fitness.compared(t, #v / 2)
	for i = 1, #v, 2 do
		ids[#ids + 1] = v[i]
	end
	local out = ids[1] and filter.reasons(r, ids)
	for i = 1, #ids do
		if not out[i] and not t.nodes[ids[i]] then
			found[#found + 1] = { id = ids[i], score = tonumber(v[2 * i]), standby = source.standby }
		end
	end
	source.bound = #ids == source.window
		and { id = ids[#ids], score = tonumber(v[#v]), standby = source.standby } or nil
	source.rank, source.found, source.at = source.rank + source.window, found, 1
	source.window = math.min(2 * source.window, WINDOW_MAX)
	return #ids
end

-- The source with the next candidate, or which may have it: then it is to be read. nil where all have ended.
-- rare: an agent has requirements
local function first_of(sources)
	local first, at
	for i = 1, #sources do
		local source = sources[i]
		local next_one = source.found[source.at] or source.bound
		if next_one and (not first or fitness.before(next_one, at)) then
			first, at = source, next_one
		end
	end
	return first
end

-- Looks at one node, and takes it where the agent can go to it.
-- rare: an agent has requirements
local function visit(t, r, a, p, id, open_classes)
	local node = nodes.look(t, id)
	if node and not fitness.reason(t, r, a.services, node, open_classes) then
		if node.live or liveness.is_alive(t, id) then
			pick.see(t, p, node)
		else
			t.lapsed = t.lapsed or {}
			t.lapsed[id] = node.class
		end
	end
end

-- The nodes of a list that the indexes have, with their scores: { id, score, standby }, …
-- rare: an agent has requirements
local function scored(t, r, services, strategy, ids)
	local offering, found, out = classes.offering(t, services), {}, ids[1] and filter.reasons(r, ids)
	fitness.compared(t, #ids * (#offering + 1))
	for k = 1, ids[1] and #offering or 0 do
		local scores = redis.call("ZMSCORE", keys.placement .. strategy .. ":" .. offering[k].name, unpack(ids))
		for i = 1, #ids do
			if scores[i] and not out[i] and not t.nodes[ids[i]] then
				found[#found + 1] = { id = ids[i], score = tonumber(scores[i]), standby = not offering[k].worker }
			end
		end
	end
	return found
end

-- Visits the nodes of a list that has all which could take the agent, and those that this call has loaded, in
-- the order of the strategy: up to VISITS. Returns the node to be taken, or nil, and true where that is
-- decided.
-- rare: an agent has requirements
function walk.through(t, r, a, strategy, ids)
	local kind, open_classes, p = strategies.get(t, strategy), fitness.open_classes(t), pick.new(t, r)
	local found = scored(t, r, a.services, strategy, ids)
	for _, candidate in ipairs(loaded(t, kind).found) do
		found[#found + 1] = candidate
	end
	for _ = 1, VISITS do
		local best
		for i = 1, #found do
			if not found[i].visited and (not best or fitness.before(found[i], best)) then
				best = found[i]
			end
		end
		if p.done or not best then
			return pick.node(p), true
		end
		best.visited = true
		visit(t, r, a, p, best.id, open_classes)
	end
	return nil, false
end

-- Visits the nodes in order until one is decided on. Reads about `most` entries of the indexes at most.
-- Returns the node to be taken, or nil, and true where that is decided.
-- rare: an agent has requirements
function walk.go(t, r, a, strategy, most)
	local kind, fits, p = strategies.get(t, strategy), fitness.open_classes(t), pick.new(t, r)
	local sources, left = open(t, a.services, strategy, kind), most
	while not p.done do
		local first = first_of(sources)
		if not first then
			return pick.node(p), true
		elseif not first.found[first.at] then
			if left <= 0 then
				return nil, false
			end
			left = left - read(t, r, first)
		else
			left = left - LOOK
			visit(t, r, a, p, first.found[first.at].id, fits)
			first.at = first.at + 1
		end
	end
	return pick.node(p), true
end

-- Draws nodes by lot, all with the same chance, until one is found that the agent can go to. Returns it, or
-- nil where none was found in DRAWS draws.
-- rare: an agent with requirements is placed by lot
function walk.draw(t, r, a, strategy)
	local offering, sizes, total, ids = classes.offering(t, a.services), {}, 0, {}
	for i = 1, #offering do
		local key = keys.placement .. strategy .. ":" .. offering[i].name
		sizes[i] = offering[i].worker and redis.call("ZCARD", key) or 0
		total = total + sizes[i]
	end
	for n = 1, total > 0 and DRAWS or 0 do
		local rank, i = math.random(total) - 1, 1
		while rank >= sizes[i] do
			rank, i = rank - sizes[i], i + 1
		end
		ids[n] = redis.call("ZRANGE", keys.placement .. strategy .. ":" .. offering[i].name, rank, rank)[1]
	end
	local out, fits, p = ids[1] and filter.reasons(r, ids), fitness.open_classes(t), pick.new(t, r)
	for n = 1, #ids do
		local node = (not out[n] or t.nodes[ids[n]]) and nodes.look(t, ids[n])
		if node and not fitness.reason(t, r, a.services, node, fits) and liveness.is_alive(t, ids[n]) then
			pick.see(t, p, node)
			if p.done then
				return pick.node(p)
			end
		end
	end
	return nil
end

return walk
