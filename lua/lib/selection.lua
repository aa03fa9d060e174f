-- Which node should run an agent that has requirements. A short list of nodes is looked at where some
-- requirement makes one; else the placement indexes are walked in order. Where neither decides within the
-- work that a call may do, lib/survey.lua looks at all nodes, in as many calls as that takes. Invariant: it
-- is the node that comes first by the strategy among those that meet every requirement.

local chooser = require("lib.chooser")
local fitness = require("lib.fitness")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local pick = require("lib.pick")
local refusal = require("lib.refusal")
local requirements = require("lib.requirements")
local shortlist = require("lib.shortlist")
local spread = require("lib.spread")
local strategies = require("lib.strategies")
local survey = require("lib.survey")
local walk = require("lib.walk")

local selection = {}

local CHOICE = 150 -- what each choice counts, in nodes that are compared
local FEW = 16 -- a list of so many nodes is looked at before anything else
local WALK_SHORT, WALK_LONG = 100, 3000 -- entries of the indexes that are read

-- Looks at each of these nodes, and at those that this call has loaded. Returns the node to be taken or nil,
-- and true where one of the emptiest domains has decided that.
-- rare: an agent has requirements
local function look_at(t, r, a, strategy, ids)
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
	local p = pick.new(t, r)
	for i = 1, #fit do
		local node = fit[i].node
		if node.live or liveness.is_alive(t, node.id) then
			pick.see(t, p, node)
			if p.done then
				break
			end
		else
			t.lapsed = t.lapsed or {}
			t.lapsed[node.id] = node.class
		end
	end
	return pick.node(p), p.done and not (p.hopeless and r.soft)
end

-- Chooses by the ways above, the cheapest first. Returns the node or nil, and true where that is decided.
-- rare: an agent has requirements
local function search(t, r, a, strategy)
	local size, read = shortlist.smallest(r)
	local by_lot = strategies.get(t, strategy).by_lot
	local node, decided
	if size and size <= (by_lot and shortlist.MAX or FEW) then
		return look_at(t, r, a, strategy, read()), true
	elseif by_lot then
		node = walk.draw(t, r, a, strategy)
		return node, node ~= nil
	end
	node, decided = walk.go(t, r, a, strategy, WALK_SHORT)
	if decided then
		return node, true
	end
	local ids = size and size <= shortlist.MAX and read()
	if not ids and (r.zones or r.labels[1]) then
		ids = shortlist.intersection(t, r, a.services, strategy)
	end
	if ids then
		return look_at(t, r, a, strategy, ids), true
	end
	ids = shortlist.long(t, r, size, read)
	if ids then
		node, decided = walk.through(t, r, a, strategy, ids)
		if decided then
			return node, true
		end
	end
	ids = r.by and shortlist.permitted(t, r)
	if ids then
		node, decided = look_at(t, r, a, strategy, ids)
		-- A worker that does not meet a preference would come before a standby that does.
		if r.soft and decided then
			decided = nodes.role(node) == "worker"
		elseif not r.skew and not r.soft then
			decided = true
		end
		if decided then
			return node, true
		end
	end
	return walk.go(t, r, a, strategy, WALK_LONG)
end

-- The node that should run the agent, or nil where none can: then a.reasons says why. nil and true where the
-- call is to be repeated, and has done a part of the work. The strategy's index must be complete. The caller
-- gives the agent to the node before it asks for the next.
-- rare: an agent has requirements
function selection.choose(t, a, strategy)
	local r = requirements.read(t, a.requires)
	if r.by and not spread.is_ready(t, r) then
		return nil, true
	end
	chooser.take(t, nil)
	fitness.compared(t, CHOICE)
	local node, decided
	if not a.explain and not survey.is_begun(a) then
		node, decided = search(t, r, a, strategy)
	end
	if not decided or not node and not refusal.count(t, r, a, strategy) then
		local again
		node, again = survey.go_on(t, r, a, strategy)
		if again then
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
