-- Whether a node meets what an agent requires, and which requirement rules it out.

local classes = require("lib.classes")
local nodes = require("lib.nodes")
local resources = require("lib.resources")
local text = require("lib.text")
local traits = require("lib.traits")

local fitness = {}

local LOOKED_MAX = 150 -- nodes
local COMPARED = 0.1 -- what a node that is compared with others at once counts

-- Notes that so many nodes were compared at once.
-- rare: an agent has requirements
function fitness.compared(t, number)
	t.looked = (t.looked or 0) + number * COMPARED
end

-- True where a call has looked at so many nodes that it should begin no further placement.
function fitness.is_enough(t)
	return t.looked ~= nil and t.looked > LOOKED_MAX
end

-- The classes that the call may choose from, as keys of a table.
-- rare: an agent has requirements
function fitness.open_classes(t)
	local open, is = classes.list_open(t), {}
	for i = 1, #open do
		is[open[i].name] = true
	end
	return is
end

-- The first reason for which a node, of which nodes.details is known, cannot take the agent, the spread of
-- its group apart; nil where it can. services: a list; open: of fitness.open_classes, or nil for any class.
-- rare: an agent has requirements
function fitness.reason(t, r, services, node, open)
	local standing, class = nodes.stands(node), classes.get(t, node.class)
	if standing ~= "ready" then
		return standing
	elseif nodes.role(node) == "replica" then
		return "role"
	elseif services ~= "" and not classes.offers(class, services) then
		return "service"
	end
	for i = 1, #r.labels do
		if not traits.has_label(node, r.labels[i]) then
			return "label"
		end
	end
	if r.in_zones and not r.in_zones[node.zone] then
		return "zone"
	elseif r.is_node and not r.is_node[node.id] or r.excluded[node.id] then
		return "node"
	elseif not resources.fit(node, r.resources) then
		return "resource"
	elseif node.active_agents >= node.max_agents or open and not open[node.class] then
		return "full"
	end
	return nil
end

-- True where the first of two candidates comes first: workers before standbys, then by score and id.
-- rare: an agent has requirements
function fitness.before(a, b)
	if a.standby ~= b.standby then
		return b.standby
	elseif a.score ~= b.score then
		return a.score < b.score
	end
	return a.id ~= b.id and text.before(a.id, b.id)
end

return fitness
