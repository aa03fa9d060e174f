-- How many nodes each requirement rules out where no node can take an agent, by the sizes of sets: as long as
-- it takes to compare the smallest of them.

local keys = require("lib.keys")
local classes = require("lib.classes")
local explanation = require("lib.explanation")
local fitness = require("lib.fitness")
local nodes = require("lib.nodes")
local shortlist = require("lib.shortlist")

local refusal = {}

local SETS = 500 -- what comparing sets counts, in nodes that are compared

-- Counts the ready nodes that have another role, or not the services, the labels or the zone. Returns how
-- many have all of that.
-- rare: no node can take an agent with requirements
local function count_sets(t, r, a, out)
	local names, meet = classes.names(t), 0
	out.role, out.service, out.label, out.zone = 0, 0, 0, 0
	for i = 1, #names do
		local name = names[i]
		local ready = redis.call("ZCARD", keys.ready .. name)
		if string.sub(name, 1, 8) == "replica/" then
			out.role = out.role + ready
		elseif not classes.offers(classes.get(t, name), a.services) then
			out.service = out.service + ready
		else
			local labelled, zoned = shortlist.count(keys.ready .. name, r), 0
			for k = 1, r.zones and #r.zones or 0 do
				zoned = zoned + shortlist.count(keys.ready .. name, r, r.zones[k])
			end
			zoned = r.zones and zoned or labelled
			out.label, out.zone = out.label + ready - labelled, out.zone + labelled - zoned
			meet = meet + zoned
		end
	end
	return meet
end

-- Counts these nodes by reason. Those that only the spread rules out count as spread.
-- rare: no node can take an agent with requirements
local function count_each(t, r, a, ids)
	local out = { node = 0, resource = 0, full = 0, spread = 0 }
	for i = 1, #ids do
		local node = nodes.look(t, ids[i])
		local reason = node and (fitness.reason(t, r, a.services, node) or "spread")
		if out[reason or ""] then
			out[reason] = out[reason] + 1
		end
	end
	return out
end

-- How many nodes with all labels and a zone may be given an agent: those in the indexes of the strategy,
-- which do not know yet what this call has changed.
-- rare: no node can take an agent, because of its spread
local function count_eligible(t, r, a, strategy)
	local offering, zones, number = classes.offering(t, a.services), r.zones or { false }, 0
	for i = 1, #offering do
		for k = 1, #zones do
			number = number + shortlist.count(keys.placement .. strategy .. ":" .. offering[i].name, r, zones[k])
		end
	end
	for i = 1, #t.loaded do
		local node = nodes.look(t, t.loaded[i].id)
		local reason = node and fitness.reason(t, r, a.services, node)
		if reason == "full" and not node.was_closed then
			number = number - 1
		elseif not reason and node and node.was_closed then
			number = number + 1
		end
	end
	return number
end

-- How many of the excluded nodes are in the indexes, and meet all that comes before.
-- rare: no node can take an agent, because of its spread
local function count_excluded(t, r, a)
	local number = 0
	for i = 1, #r.excluded_nodes do
		local id = r.excluded_nodes[i]
		local node = nodes.look(t, id)
		local entered = node and nodes.eligible(node)
		if t.nodes[id] then
			entered = not node.was_closed
		end
		if entered and fitness.reason(t, r, a.services, node) == "node" then
			number = number + 1
		end
	end
	return number
end

-- Sets a.reasons, "full=12 label=3 …". Returns false where the sizes of sets do not tell: where very many
-- nodes have the resources, or a heartbeat has just expired.
-- rare: no node can take an agent with requirements
function refusal.count(t, r, a, strategy)
	local holders = r.resources[1] and shortlist.holders(r)
	if t.lapsed or r.resources[1] and not holders and not r.nodes then
		return false
	end
	local out = classes.standings(t)
	fitness.compared(t, SETS)
	local meet = count_sets(t, r, a, out)
	if r.nodes then
		local each = count_each(t, r, a, r.nodes)
		out.resource, out.full, out.spread = each.resource, each.full, each.spread
		out.node = meet - each.resource - each.full - each.spread
	else
		out.node = count_each(t, r, a, r.excluded_nodes).node
		if holders then
			local each = count_each(t, r, a, holders)
			out.full, out.spread = each.full, each.spread
			out.resource = meet - out.node - each.full - each.spread
		else
			out.spread = r.by and count_eligible(t, r, a, strategy) - count_excluded(t, r, a) or 0
			out.full = meet - out.node - out.spread
		end
	end
	a.reasons = explanation.reasons(out)
	return true
end

return refusal
