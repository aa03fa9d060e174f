-- Checks one record against everything that is derived from it. Each function calls note(kind, subject,
-- detail) for each inconsistency, and adds what it has seen to `sums` (audit.SUMS), which audit.totals
-- compares with the counters at the end.

local keys = require("lib.keys")
local assignments = require("lib.assignments")
local classes = require("lib.classes")
local nodes = require("lib.nodes")
local pending = require("lib.pending")
local placement = require("lib.placement")
local placement_counts = require("lib.placement_counts")
local resources = require("lib.resources")
local roster = require("lib.roster")
local strategies = require("lib.strategies")
local text = require("lib.text")

local audit = {}

-- The sums in the order in which a cursor carries them.
audit.SUMS = { "online", "draining", "offline", "healthy", "capacity", "room", "active",
	"assigned", "pending", "units", "required", "class_ready", "class_unhealthy", "class_draining",
	"class_eligible" }

-- Sums of resources are counted modulo this number, so that they stay whole.
local MODULUS = 2 ^ 40

local PLACES = { deadlines = keys.deadlines, suspects = keys.suspects, evacuating = keys.evacuating }
local STANDINGS = { "ready", "unhealthy", "draining", "eligible" }

-- A value for people, a number with all its digits; "nothing" for nil and false.
local function shown(value)
	return not value and "nothing" or type(value) == "number" and string.format("%.17g", value) or value
end

-- Which set of lib/liveness.lua a node must be in. An offline node may be in none.
local function place_of(node)
	return node.status == "offline" and "evacuating" or node.suspect == "1" and "suspects" or "deadlines"
end

local function count(node, sums)
	sums[node.status] = sums[node.status] + 1
	if node.status ~= "offline" then
		local standing = "class_" .. nodes.standing(node)
		sums[standing] = sums[standing] + 1
	end
	if node.status ~= "offline" and node.suspect ~= "1" and node.healthy == "1" then
		sums.healthy = sums.healthy + 1
	end
	if node.status ~= "offline" and nodes.role(node) ~= "replica" then
		sums.capacity = sums.capacity + node.max_agents
	end
	if nodes.eligible(node) then
		sums.class_eligible = sums.class_eligible + 1
		sums.room = sums.room + node.max_agents
	else
		sums.room = sums.room + node.active_agents
	end
	sums.active = sums.active + node.active_agents
end

-- Compares the lists of labels, zones, resources and nodes that are ready with the node.
local function check_lists(node, sums, note)
	nodes.details(node)
	for label in string.gmatch(node.labels, "[^,]+") do
		if redis.call("SISMEMBER", keys.trait .. "label:" .. label, node.id) == 0 then
			note("trait", node.id, "it is not in the list of its label " .. label)
		end
	end
	if node.zone ~= "" and redis.call("SISMEMBER", keys.trait .. "zone=" .. node.zone, node.id) == 0 then
		note("trait", node.id, "it is not in the list of its zone " .. node.zone)
	end
	for name in string.gmatch(node.resources, "([^,=]+)=") do
		local left, listed = resources.left(node, name), redis.call("ZSCORE", keys.resource .. name, node.id)
		if tonumber(listed or nil) ~= left then
			note("resource", node.id, "of " .. name .. " it has " .. shown(left) .. " left, in the list "
				.. shown(listed))
		end
	end
	for amount in string.gmatch(node.allocated, "=(%d+)") do
		sums.units = (sums.units + amount) % MODULUS
	end
	local ready = redis.call("ZSCORE", keys.ready .. node.class, node.id) and true or false
	if ready ~= (nodes.standing(node) == "ready") then
		note("ready", node.id, "it is " .. nodes.standing(node) .. " and " .. (ready and "" or "not ")
			.. "in the list of those that are ready")
	end
end

function audit.node(t, id, sums, note)
	local node = nodes.load(t, id)
	if not node then
		note("node_missing", id, "it is listed and has no record")
		return
	end
	local agents = redis.call("ZCARD", keys.node_agents .. id)
	if agents ~= node.active_agents then
		note("active_agents", id, "active_agents is " .. shown(node.active_agents) .. ", its agents are "
			.. shown(agents))
	end
	local kept = redis.call("HGET", keys.node .. id, "standing")
	if kept ~= nodes.standing(node) then
		note("standing", id, "it is " .. shown(kept) .. " and should be " .. nodes.standing(node))
	end
	local wanted = place_of(node)
	for place, key in pairs(PLACES) do
		local there = redis.call("ZSCORE", key, id)
		if (there and place ~= wanted) or (not there and place == wanted and place ~= "evacuating") then
			note("liveness", id, "as " .. wanted .. " it is " .. (there and "" or "not ") .. "in " .. place)
		end
	end
	for i = 1, #t.kept do
		local name = t.kept[i]
		local strategy = strategies.get(t, name)
		nodes.need(node, strategy.needs)
		local score = nodes.eligible(node) and strategy.score(node, t) or nil
		local found = redis.call("ZSCORE", placement.index(name, node.class), id)
		if name ~= t.building and tonumber(found or nil) ~= score then
			note("placement", id, "in the index of " .. name .. " it has " .. shown(found)
				.. " for " .. shown(score))
		end
	end
	check_lists(node, sums, note)
	count(node, sums)
end

function audit.assignment(id, sums, note)
	local a = assignments.load(id)
	local queued = redis.call("ZSCORE", keys.pending, id)
	if not a then
		note("assignment_missing", id, "it is listed and has no record")
		return
	end
	if not redis.call("HGET", roster.page(a.placed), id) then
		note("roster", id, "it is not in the page of its number")
	end
	local status = a.node_id and "assigned" or "pending"
	sums[status] = sums[status] + 1
	if not a.node_id then
		local group = redis.call("ZSCORE", keys.pending_group .. pending.group(a), id)
		if queued ~= a.queued or group ~= a.queued then
			note("pending", id, "its number is " .. shown(a.queued) .. ", in the queue "
				.. shown(queued) .. ", in its group " .. shown(group))
		end
		return
	end
	if queued then
		note("pending", id, "it is assigned and in the queue")
	end
	for amount in string.gmatch(a.requires, "resource:[^ =]+=(%d+)") do
		sums.required = (sums.required + amount) % MODULUS
	end
	if redis.call("EXISTS", keys.node .. a.node_id) == 0 then
		note("orphan", id, "its node " .. shown(a.node_id) .. " does not exist")
	elseif not redis.call("ZSCORE", keys.node_agents .. a.node_id, id) then
		note("reverse", id, "its node " .. a.node_id .. " does not list it")
	end
end

-- Checks that an agent in the queue has an assignment that is pending, and that the open classes which could
-- take it know of its group.
function audit.waiting(t, id, note)
	local a = assignments.load(id)
	if not a or not a.queued then
		note("pending", id, "it is in the queue and does not wait")
		return
	elseif a.requires ~= "" then
		if not redis.call("ZSCORE", keys.selective_groups, pending.group(a)) then
			note("pending", id, "its group is not in the list of those with requirements")
		end
		return
	end
	local services = text.sorted(a.services)
	local number = redis.call("ZSCORE", keys.pending_groups, services)
	local open = classes.list_open(t)
	for i = 1, #open do
		local name = open[i].name
		if classes.offers(open[i], services) and not redis.call("ZSCORE", keys.unmatched, name)
			and redis.call("ZSCORE", keys.class_waiting .. name, services) ~= number then
			note("pending", id, "its group does not wait for the class " .. name)
		end
	end
end

function audit.class(t, class, sums, note)
	local v = redis.call("HMGET", keys.class .. class, unpack(STANDINGS))
	for i = 1, #STANDINGS do
		local name = "class_" .. STANDINGS[i]
		sums[name] = sums[name] - (v[i] or 0)
	end
	local open = string.find(" " .. t.open_classes .. " ", " " .. class .. " ", 1, true) ~= nil
	if open ~= (tonumber(v[4] or 0) > 0) then
		note("class", class, "it has " .. shown(v[4]) .. " eligible nodes and is "
			.. (open and "open" or "closed"))
	end
	for i = 1, #t.kept do
		local name = t.kept[i]
		local size = redis.call("ZCARD", placement.index(name, class))
		if name ~= t.building and size ~= tonumber(v[4] or 0) then
			note("placement", class, "the index of " .. name .. " has " .. shown(size) .. " nodes for "
				.. shown(v[4]))
		end
	end
end

-- Compares the sums with the counters. audit.class has subtracted the counters of the classes.
function audit.totals(sums, note)
	local names = { "nodes_online", "nodes_draining", "nodes_offline", "nodes_healthy", "capacity",
		"room", "pending" }
	local seen = { sums.online, sums.draining, sums.offline, sums.healthy, sums.capacity, sums.room,
		sums.pending }
	local v = redis.call("HMGET", keys.totals, unpack(names))
	for i = 1, #names do
		if tonumber(v[i] or 0) ~= seen[i] then
			note("totals", names[i], "it is " .. shown(v[i]) .. ", the records make " .. shown(seen[i]))
		end
	end
	local assigned = placement_counts.assigned(placement_counts.load())
	if assigned ~= sums.assigned then
		note("totals", "assigned", "they make " .. shown(assigned) .. ", the records " .. shown(sums.assigned))
	end
	if sums.units ~= sums.required then
		note("totals", "resources", "what the nodes have given is not the sum of what their agents require")
	end
	if sums.active ~= sums.assigned then
		note("totals", "active_agents", "the nodes count " .. shown(sums.active) .. " agents, there are "
			.. shown(sums.assigned))
	end
	for i = 1, #STANDINGS do
		local rest = sums["class_" .. STANDINGS[i]]
		if rest ~= 0 then
			note("class", STANDINGS[i], "the classes count " .. shown(-rest) .. " more than there are")
		end
	end
end

return audit
