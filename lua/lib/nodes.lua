-- Nodes: their records, and the two functions through which every change of one goes, so that
-- totals, classes and placement indexes always agree with the record. nodes.save writes a change at
-- once; what nodes.occupy changes is written by nodes.flush, once for each node.

local keys = require("lib.keys")
local text = require("lib.text")
local totals = require("lib.totals")
local placement = require("lib.placement")
local usage = require("lib.usage")

local nodes = {}

-- The record's fields that decisions use; the first NUMBERS of them are whole numbers.
local NUMBERS = 5
local FIELDS = { "max_agents", "active_agents", "weight", "chosen", "incarnation", "usage", "role", "status",
	"healthy", "suspect", "class", "leaving", "address" }

local loaded = {} -- by id: the nodes that this script has seen, one table for each
local touched = {} -- those that nodes.occupy has changed: id, and in turn { node, was_eligible }

-- The node as a table of those fields and id, and of the numbers in `usage`: cpu_usage, memory_usage,
-- disk_usage and load_average; or nil where there is none.
-- healthy ("1" or "0") is what the node says of itself; suspect is "1" once its heartbeat lapsed;
-- leaving is "1" while its agents are moved away before its record goes. address: hostname, IP address
-- and port, a tab between them, as rows of replies have them.
function nodes.load(id)
	local v = redis.call("HMGET", keys.node .. id, unpack(FIELDS))
	if not v[1] then
		return nil
	end
	local node = loaded[id] or { id = id }
	local active, chosen = node.active_agents, node.chosen
	for i = 1, NUMBERS do
		node[FIELDS[i]] = tonumber(v[i] or 0)
	end
	for i = NUMBERS + 1, #FIELDS do
		node[FIELDS[i]] = v[i] or ""
	end
	node.active_agents, node.chosen = active or node.active_agents, chosen or node.chosen
	local cpu, memory, disk, load_average = usage.parts(node.usage)
	node.cpu_usage, node.memory_usage = tonumber(cpu), tonumber(memory)
	node.disk_usage, node.load_average = tonumber(disk), tonumber(load_average)
	loaded[id] = node
	return node
end

-- The same of a node that an agent leaves: what this script has loaded already, else the fields that
-- nodes.occupy and nodes.flush need.
function nodes.load_occupied(id)
	if loaded[id] then
		return loaded[id]
	end
	local v = redis.call("HMGET", keys.node .. id, "max_agents", "active_agents", "weight", "chosen", "usage",
		"class", "status", "healthy", "suspect")
	if not v[1] then
		return nil
	end
	local cpu, memory = usage.parts(v[5])
	local node = { id = id, class = v[6], role = string.match(v[6], "^%a+"), status = v[7], healthy = v[8],
		suspect = v[9], max_agents = tonumber(v[1]), active_agents = tonumber(v[2]),
		weight = tonumber(v[3]), chosen = tonumber(v[4]), cpu_usage = tonumber(cpu),
		memory_usage = tonumber(memory) }
	loaded[id] = node
	return node
end

-- The same of a node that stands in an index of that class, without the fields that placing needs
-- not: half the cost.
function nodes.load_eligible(id, class)
	if loaded[id] then
		return loaded[id]
	end
	local v = redis.call("HMGET", keys.node .. id, "max_agents", "active_agents", "weight", "usage", "address")
	local cpu, memory = usage.parts(v[4])
	local node = { id = id, class = class, role = string.match(class, "^%a+"), status = "online",
		healthy = "1", suspect = "", max_agents = tonumber(v[1]), active_agents = tonumber(v[2]),
		weight = tonumber(v[3]), cpu_usage = tonumber(cpu), memory_usage = tonumber(memory),
		address = v[5], chosen = nil }
	loaded[id] = node
	return node
end

-- What a client needs to reach the node: id, address and healthy; nil where there is no such node.
function nodes.load_address(id)
	local v = redis.call("HMGET", keys.node .. id, "address", "healthy")
	return v[1] and { id = id, address = v[1], healthy = v[2] } or nil
end

-- A copy to be changed and given to nodes.save beside the original.
function nodes.copy(node)
	local copy = {}
	for name, value in pairs(node) do
		copy[name] = value
	end
	return copy
end

-- The name of the class of nodes with this role and these services (a comma-separated list).
function nodes.class(role, services)
	return role .. "/" .. text.sorted(services)
end

-- What a node of that standing is counted as in its class.
function nodes.standing(node)
	if node.status ~= "online" then
		return node.status
	elseif node.suspect == "1" or node.healthy ~= "1" then
		return "unhealthy"
	end
	return "ready"
end

-- The agents on the node, and the free places where it may be given more. Placing and releasing
-- leave the sum of these as it is, so that they have no counter of free places to keep.
local function room(node)
	return placement.eligible(node) and node.max_agents or node.active_agents
end

-- Adds the node to the totals (sign 1) or takes it out (sign -1).
local function count(node, sign)
	totals.add("nodes_" .. node.status, sign)
	totals.add("room", sign * room(node))
	if node.status == "offline" then
		return
	end
	if node.role ~= "replica" then
		totals.add("capacity", sign * node.max_agents)
	end
	if node.suspect ~= "1" and node.healthy == "1" then
		totals.add("nodes_healthy", sign)
		totals.add("cpu_usage", sign * math.floor(node.cpu_usage * 1000 + 0.5))
		totals.add("memory_usage", sign * math.floor(node.memory_usage * 1000 + 0.5))
		totals.add("disk_usage", sign * math.floor(node.disk_usage * 1000 + 0.5))
		totals.add("load_average", sign * math.floor(node.load_average * 1000 + 0.5))
	end
end

-- Keeps the class's own counters, which say why a placement was refused. Only a change of
-- standing or of class costs a call.
local function classify(before, after)
	local was = before and nodes.standing(before)
	local is = after and nodes.standing(after)
	if before and after and before.class == after.class and was == is then
		return
	end
	if before then
		redis.call("HINCRBY", keys.class .. before.class, was, -1)
		if not after or after.class ~= before.class then
			if redis.call("HINCRBY", keys.class .. before.class, "nodes", -1) == 0 then
				redis.call("DEL", keys.class .. before.class)
				redis.call("SREM", keys.classes, before.class)
			end
		end
	end
	if after then
		redis.call("HINCRBY", keys.class .. after.class, is, 1)
		if not before or after.class ~= before.class then
			redis.call("HINCRBY", keys.class .. after.class, "nodes", 1)
			redis.call("SADD", keys.classes, after.class)
		end
	end
end

-- Writes a change: before is nil for a new node, after is nil for one that goes. Further
-- fields of the record follow as name, value, … The caller flushes the totals.
function nodes.save(settings, before, after, ...)
	local id = (after or before).id
	loaded[id] = nil
	if before then
		count(before, -1)
	end
	if after then
		count(after, 1)
	end
	placement.update(settings, before, after)
	classify(before, after)
	if not after then
		redis.call("DEL", keys.node .. id)
		-- A late heartbeat of a process that has left must not pass for the next one's.
		totals.raise("incarnation", before.incarnation)
		return
	end
	if not before or before.cpu_usage ~= after.cpu_usage or before.memory_usage ~= after.memory_usage
		or before.disk_usage ~= after.disk_usage or before.load_average ~= after.load_average then
		after.usage = usage.text(after.cpu_usage, after.memory_usage, after.disk_usage, after.load_average)
	end
	local args = {}
	for i = 1, #FIELDS do
		local name = FIELDS[i]
		if not before or before[name] ~= after[name] then
			args[#args + 1] = name
			args[#args + 1] = i <= NUMBERS and text.int(after[name]) or after[name]
		end
	end
	local further = { ... }
	for i = 1, #further do
		args[#args + 1] = further[i]
	end
	if #args > 0 then
		redis.call("HSET", keys.node .. id, unpack(args))
	end
end

-- Changes the number of agents on a node by `delta`, and marks it as the one chosen last where
-- `chosen`, a number that only rises, is given. The caller calls nodes.flush.
function nodes.occupy(node, delta, chosen)
	local before = room(node)
	if not touched[node.id] then
		touched[node.id] = true
		touched[#touched + 1] = { node = node, was_eligible = placement.eligible(node) }
	end
	node.active_agents = node.active_agents + delta
	node.chosen = chosen or node.chosen
	local after = room(node)
	if after ~= before then
		totals.add("room", after - before)
	end
end

-- The nodes that nodes.occupy has changed and nodes.flush has not written: an array of { node, … },
-- and true by id.
function nodes.changed()
	return touched
end

-- Writes what nodes.occupy has changed.
function nodes.flush(settings)
	local added, removed = {}, {}
	for i = 1, #touched do
		local node = touched[i].node
		placement.move(settings, node, touched[i].was_eligible, added, removed)
		redis.call("HSET", keys.node .. node.id, "active_agents", node.active_agents,
			"chosen", node.chosen)
	end
	placement.write(added, removed)
	touched = {}
end

return nodes
