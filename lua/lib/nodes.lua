-- Nodes: their records, and the one function through which every change of one goes, so that
-- totals, classes and placement indexes always agree with the record.

local keys = require("lib.keys")
local text = require("lib.text")
local totals = require("lib.totals")
local placement = require("lib.placement")

local nodes = {}

-- The record's fields that decisions use; the first NUMBERS of them are numbers, of which the first
-- WHOLE are whole ones.
local WHOLE = 5
local NUMBERS = 9
local FIELDS = { "max_agents", "active_agents", "weight", "chosen", "incarnation", "cpu_usage",
	"memory_usage", "disk_usage", "load_average",
	"role", "status", "healthy", "suspect", "class", "leaving", "hostname", "ip_address", "port" }

-- The node as a table of those fields and id, or nil where there is none.
-- healthy ("1" or "0") is what the node says of itself; suspect is "1" once its heartbeat lapsed;
-- leaving is "1" while its agents are moved away before its record goes.
function nodes.load(id)
	local v = redis.call("HMGET", keys.node .. id, unpack(FIELDS))
	if not v[1] then
		return nil
	end
	local node = { id = id }
	for i = 1, NUMBERS do
		node[FIELDS[i]] = tonumber(v[i] or 0)
	end
	for i = NUMBERS + 1, #FIELDS do
		node[FIELDS[i]] = v[i] or ""
	end
	return node
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

-- Adds the node to the totals (sign 1) or takes it out (sign -1).
local function count(node, sign)
	totals.add("nodes_" .. node.status, sign)
	if node.status == "offline" then
		return
	end
	if node.role ~= "replica" then
		totals.add("capacity", sign * node.max_agents)
	end
	if placement.eligible(node) then
		totals.add("available", sign * (node.max_agents - node.active_agents))
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
	local args = { ... }
	for i = 1, #FIELDS do
		local name = FIELDS[i]
		if not before or before[name] ~= after[name] then
			args[#args + 1] = name
			args[#args + 1] = i <= WHOLE and text.int(after[name])
				or i <= NUMBERS and text.figure(after[name]) or after[name]
		end
	end
	if #args > 0 then
		redis.call("HSET", keys.node .. id, unpack(args))
	end
end

-- Changes the number of agents on a node by `delta`, and marks it as the one chosen last where
-- `chosen`, a number that only rises, is given. Returns the node as it is now.
function nodes.occupy(settings, before, delta, chosen)
	local after = nodes.copy(before)
	after.active_agents = before.active_agents + delta
	after.chosen = chosen or before.chosen
	totals.add("available", (placement.eligible(after) and after.max_agents - after.active_agents or 0)
		- (placement.eligible(before) and before.max_agents - before.active_agents or 0))
	placement.update(settings, before, after)
	redis.call("HSET", keys.node .. before.id,
		"active_agents", after.active_agents, "chosen", after.chosen)
	return after
end

return nodes
