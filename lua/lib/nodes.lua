-- Nodes: their records, and the functions through which every change of one goes, so that counters,
-- classes and placement indexes always agree with the record.
-- t.nodes has the nodes that this call has loaded, by id, and t.loaded the same in order. A node is a table
-- with fields of its record, and:
--   closed      true where it takes no agents, whether it has room or not
--   was_closed  true where it could be given none before this call; was_class: the class that it had then
--   joined      the epoch of the last agent that it gets, and all of them as arguments of ZADD; nil for none
--   left        agents that it loses; nil for none
--   fields      what is to be written to its record: name, value, name, value, …; nil for nothing
--   usage_load  what lib/strategies/least_loaded.lua has made of its usage; nil: to be made

local keys = require("lib.keys")
local classes = require("lib.classes")
local strategies = require("lib.strategies")
local text = require("lib.text")
local totals = require("lib.totals")
local usage = require("lib.usage")

local nodes = {}

-- What nodes.load reads of a record. The first NUMBERS of them are numbers.
local NUMBERS = 5
local FIELDS = { "max_agents", "active_agents", "weight", "chosen", "incarnation", "usage", "status",
	"healthy", "suspect", "leaving", "class", "address", "profile" }

-- True where the node may be given an agent now, its heartbeat apart.
function nodes.eligible(node)
	return not node.closed and node.active_agents < node.max_agents
end

-- Sets what follows from the fields that have been read or changed: role; standing, by which its class
-- counts the node; closed.
local function derive(node)
	node.role = string.match(node.class, "^%a+")
	if node.status ~= "online" then
		node.standing = node.status
	elseif node.suspect == "1" or node.healthy ~= "1" then
		node.standing = "unhealthy"
	else
		node.standing = "ready"
	end
	node.closed = node.standing ~= "ready" or node.role == "replica"
end

local function keep(t, node)
	t.nodes[node.id] = node
	t.loaded[#t.loaded + 1] = node
	return node
end

-- The whole node, or nil where there is none. healthy ("1" or "0") is what the node says of itself;
-- suspect is "1" once its heartbeat has expired; leaving is "1" while its agents are moved away before its
-- record goes. address: hostname, IP address and port, a tab between them. To be called for a node before
-- nodes.candidate and nodes.occupied are.
function nodes.load(t, id)
	local known = t.nodes[id]
	if known then
		return not known.gone and known or nil
	end
	local v = redis.call("HMGET", keys.node .. id, unpack(FIELDS))
	if not v[1] then
		return nil
	end
	local node = { id = id }
	for i = 1, NUMBERS do
		node[FIELDS[i]] = tonumber(v[i])
	end
	for i = NUMBERS + 1, #FIELDS do
		node[FIELDS[i]] = v[i] or ""
	end
	derive(node)
	node.was_closed = not nodes.eligible(node)
	return keep(t, node)
end

-- The fields that scores are made of, by the strategies whose indexes are kept, after those given.
local function score_fields(t, ...)
	local fields = { ... }
	for i = 1, #t.kept do
		local needs = strategies.named[t.kept[i]].needs
		if needs then
			fields[#fields + 1] = needs
		end
	end
	return fields
end

-- A node that stands in an index of this class, with no more than placing an agent on it needs.
function nodes.candidate(t, id, class)
	local node = t.nodes[id]
	if node then
		return node
	end
	local fields = t.candidate_fields
	if not fields then
		fields = score_fields(t, "active_agents", "max_agents", "address")
		t.candidate_fields = fields
	end
	local v = redis.call("HMGET", keys.node .. id, unpack(fields))
	node = { id = id, class = class, active_agents = tonumber(v[1]), max_agents = tonumber(v[2]),
		address = v[3], usage = nil, usage_load = nil, joined = nil }
	for i = 4, #fields do
		node[fields[i]] = v[i]
	end
	return keep(t, node)
end

-- The node that an agent leaves, with no more than that needs; nil where there is no such node.
function nodes.occupied(t, id)
	local node = t.nodes[id]
	if node then
		return not node.gone and node or nil
	end
	local fields = t.occupied_fields
	if not fields then
		fields = score_fields(t, "active_agents", "max_agents", "class", "standing")
		t.occupied_fields = fields
	end
	local v = redis.call("HMGET", keys.node .. id, unpack(fields))
	if not v[1] then
		return nil
	end
	node = { id = id, class = v[3], active_agents = tonumber(v[1]), max_agents = tonumber(v[2]),
		usage = nil, usage_load = nil, left = nil, chosen = nil }
	for i = 5, #fields do
		node[fields[i]] = v[i]
	end
	if v[4] ~= "ready" or string.sub(v[3], 1, 8) == "replica/" then
		node.closed = true
	end
	if not nodes.eligible(node) then
		node.was_closed = true
	end
	return keep(t, node)
end

-- What a client needs to reach a node: { address, "1" where it says that it is healthy }; the first is
-- false where there is no such node.
function nodes.address(id)
	return redis.call("HMGET", keys.node .. id, "address", "healthy")
end

-- The agents on the node, and the free places where it may be given more. Placing and releasing leave
-- the sum of these as it is, so they need no counter of free places.
local function room(node)
	return nodes.eligible(node) and node.max_agents or node.active_agents
end

-- True where the node's usage counts in that of the cluster.
local function is_measured(node)
	return node.status ~= "offline" and node.suspect ~= "1" and node.healthy == "1"
end

-- Counts the node in (1) or out (-1): in the totals and in its class.
local function count(t, node, sign)
	totals.add(t, "nodes_" .. node.status, sign)
	totals.add(t, "room", sign * room(node))
	classes.count(t, node.class, node.standing, sign)
	if node.status == "offline" then
		return
	end
	if node.role ~= "replica" then
		totals.add(t, "capacity", sign * node.max_agents)
	end
	if is_measured(node) then
		totals.add(t, "nodes_healthy", sign)
		usage.count(t, node.usage, sign)
	end
end

-- Sets a field of the record by which nothing is chosen or counted.
function nodes.note(node, name, value)
	local fields = node.fields
	if not fields then
		fields = {}
		node.fields = fields
	end
	fields[#fields + 1] = name
	fields[#fields + 1] = value
end

local function set_all(node, changes)
	local standing = node.standing
	for name, value in pairs(changes) do
		if node[name] ~= value then
			node[name] = value
			nodes.note(node, name, type(value) == "number" and text.int(value) or value)
		end
	end
	node.usage_load, node.edited = nil, true
	derive(node)
	if node.standing ~= standing then
		nodes.note(node, "standing", node.standing)
	end
end

-- Changes a node that nodes.load returned. changes: fields by name.
function nodes.change(t, node, changes)
	count(t, node, -1)
	node.was_class = node.was_class or node.class
	set_all(node, changes)
	count(t, node, 1)
	if nodes.eligible(node) then
		classes.open(t, node.class)
	end
end

-- Adds a new node. fields: all of its record. Returns it.
function nodes.add(t, id, fields)
	local node = { id = id, is_new = true, was_closed = true }
	set_all(node, fields)
	count(t, node, 1)
	if nodes.eligible(node) then
		classes.open(t, node.class)
	end
	return keep(t, node)
end

-- Removes a node that has no agents.
function nodes.remove(t, node)
	count(t, node, -1)
	node.gone, node.closed = true, true
	-- A late heartbeat of a process that has left must not pass for one of its successor.
	totals.raise(t, "incarnation", node.incarnation)
end

-- Takes new figures of usage (lib/usage.lua), of a node that nodes.load returned.
function nodes.report(t, node, figures)
	if figures ~= node.usage then
		if is_measured(node) then
			usage.replace(t, node.usage, figures)
		end
		node.usage, node.usage_load, node.reported = figures, nil, true
	end
end

-- Gives the node an agent. epoch: of that placement, as text.
function nodes.join(t, node, agent_id, epoch)
	node.active_agents = node.active_agents + 1
	if t.keeps_chosen then
		node.chosen = epoch
	end
	local joined = node.joined
	if joined then
		joined[1] = epoch
		joined[#joined + 1] = "0"
		joined[#joined + 1] = agent_id
	else
		node.joined = { epoch, "0", agent_id }
	end
end

-- Takes an agent off the node.
function nodes.part(t, node, agent_id)
	local active, most = node.active_agents, node.max_agents
	if node.closed or active > most then
		totals.add(t, "room", -1)
	elseif active == most then
		classes.open(t, node.class)
	end
	node.active_agents = active - 1
	local left = node.left
	if left then
		left[#left + 1] = agent_id
	else
		node.left = { agent_id }
	end
end

local function write_record(node)
	local key = keys.node .. node.id
	if node.gone then
		redis.call("DEL", key)
		redis.call("ZREM", keys.nodes, node.id)
		return
	end
	if node.is_new then
		redis.call("ZADD", keys.nodes, "0", node.id)
	end
	if node.reported then
		nodes.note(node, "usage", node.usage)
	end
	if node.fields then
		redis.call("HSET", key, unpack(node.fields))
	end
	local joined, left = node.joined, node.left
	if joined then
		redis.call("HSET", key, "active_agents", text.int(node.active_agents), "chosen", joined[1])
	elseif left then
		redis.call("HINCRBY", key, "active_agents", left[2] and -#left or "-1")
	end
end

-- Writes the nodes that have changed, and the lists of their agents. Part of tx.commit.
function nodes.write(t)
	for i = 1, #t.loaded do
		local node = t.loaded[i]
		write_record(node)
		if node.left then
			redis.call("ZREM", keys.node_agents .. node.id, unpack(node.left))
		end
		if node.joined then
			redis.call("ZADD", keys.node_agents .. node.id, unpack(node.joined, 2))
		end
	end
end

return nodes
