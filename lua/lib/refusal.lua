-- How many nodes each requirement rules out where no node can take an agent, by the sizes of sets: as long as it
-- takes to compare the smallest of them.

local keys = require("lib.keys")
local classes = require("lib.classes")
local explanation = require("lib.explanation")
local fitness = require("lib.fitness")
local nodes = require("lib.nodes")

local refusal = {}

-- How many nodes are ready in the class, have all labels and, where `zone` is not nil, are in that zone.
-- rare: no node can take an agent with requirements
local function size(class, r, zone)
	local names = { keys.ready .. class }
	for i = 1, #r.labels do
		names[i + 1] = keys.trait .. "label:" .. r.labels[i]
	end
	if zone then
		names[#names + 1] = keys.trait .. "zone=" .. zone
	end
	return #names == 1 and redis.call("ZCARD", names[1]) or redis.call("ZINTERCARD", #names, unpack(names))
end

-- How many of these nodes meet all up to the node ids: of those that are asked for, the full ones; of those that
-- are excluded, the ones for which that is the reason.
-- rare: no node can take an agent with requirements
local function count_named(t, r, a, ids, reason)
	local number = 0
	for i = 1, #ids do
		local node = nodes.look(t, ids[i])
		if node and fitness.reason(t, r, a.services, node) == reason then
			number = number + 1
		end
	end
	return number
end

-- Sets a.reasons, "full=12 label=3 …". Returns false where the sizes of sets do not tell: where the agent
-- requires resources or a spread, or a heartbeat has just expired.
-- rare: no node can take an agent with requirements
function refusal.count(t, r, a)
	if r.resources[1] or r.by or t.lapsed then
		return false
	end
	local out, names, meet = classes.standings(t), classes.names(t), 0
	out.role, out.service, out.label, out.zone = 0, 0, 0, 0
	for i = 1, #names do
		local name = names[i]
		local ready = redis.call("ZCARD", keys.ready .. name)
		if string.sub(name, 1, 8) == "replica/" then
			out.role = out.role + ready
		elseif not classes.offers(classes.get(t, name), a.services) then
			out.service = out.service + ready
		else
			local labelled, zoned = size(name, r), 0
			for k = 1, r.zones and #r.zones or 0 do
				zoned = zoned + size(name, r, r.zones[k])
			end
			zoned = r.zones and zoned or labelled
			out.label, out.zone = out.label + ready - labelled, out.zone + labelled - zoned
			meet = meet + zoned
		end
	end
	if r.nodes then
		out.full = count_named(t, r, a, r.nodes, "full")
	else
		out.full = meet - count_named(t, r, a, r.excluded_nodes, "node")
	end
	out.node = meet - out.full
	a.reasons = explanation.reasons(out)
	return true
end

return refusal
