-- Nodes: their records, and the functions through which every change of one goes, so that counters,
-- classes and placement indexes always agree with the record.
-- t.nodes has the nodes that this call has loaded, by id, and t.loaded the same in order. A node is a table
-- with fields of its record, as text but for the numbers max_agents and active_agents, and:
--   closed      true where it takes no agents, whether it has room or not
--   was_closed  true where it could be given none before this call; was_class: the class that it had then
--   joined      the epoch of the last agent that it gets, and all of them as arguments of ZADD; nil for none
--   left        agents that it loses; nil for none
--   fields      what is to be written to its record: name, value, name, value, …; nil for nothing
--   edited, reported: true where more than agents and usage has changed, where usage has
--   beats       true where it has sent a heartbeat; live: true where the chooser has seen a valid one
--   usage_load  what lib/strategies/least_loaded.lua has made of its report; nil: to be made
--   digits      active_agents and max_agents as text, as they were read
--   stood       the standing of one that was not loaded whole, where it is closed
--   allocated   what its agents have taken of its resources; labels, zone, resources: of its profile, once
--               nodes.details has read them
--   drawn       by name, the resources of which more or less is left than before; nil for none
--   gives       true where what its agents have taken of them changes

local keys = require("lib.keys")
local classes = require("lib.classes")
local report_row = require("lib.rows.report")
local resources = require("lib.resources")
local strategies = require("lib.strategies")
local text = require("lib.text")
local totals = require("lib.totals")
local traits = require("lib.traits")
local usage = require("lib.usage")

local nodes = {}

-- The fields that most calls read. Redis searches a record from its start, so they are written first.
local FIRST = { "active_agents", "max_agents", "report", "address", "class", "chosen" }

-- True where the node may be given an agent now, its heartbeat apart.
function nodes.eligible(node)
	return not node.closed and node.active_agents < node.max_agents
end

-- The role that the node has registered as.
function nodes.role(node)
	return string.match(node.class, "^%a+")
end

-- How a whole node stands, as its class counts it and as the field `standing` of its record says.
function nodes.standing(node)
	if node.status == "offline" then
		return "offline"
	elseif node.suspect == "1" or node.healthy ~= "1" then
		return "unhealthy"
	end
	return node.status == "draining" and "draining" or "ready"
end

-- Notes whether a whole node is closed.
local function close(node)
	node.closed = nodes.standing(node) ~= "ready" or nodes.role(node) == "replica" or nil
end

-- Reads what `standing` has been made of.
-- rare: a node that is not ready
local function load_standing(node)
	local v = redis.call("HMGET", keys.node .. node.id, "status", "healthy", "suspect", "leaving")
	node.status, node.healthy, node.suspect, node.leaving = v[1], v[2], v[3], v[4]
end

-- The whole node, or nil where there is none. healthy ("1" or "0") is what the node says of itself;
-- suspect is "1" once its heartbeat has expired; leaving is "1" while its agents are moved away before its
-- record goes. address: hostname, IP address and port, a tab between them. To be called for a node before
-- nodes.candidate and nodes.occupied are.
function nodes.load(t, id)
	local node = t.nodes[id]
	if node then
		return not node.gone and node or nil
	end
	local v = redis.call("HMGET", keys.node .. id, "active_agents", "max_agents", "report", "address", "class",
		"standing", "weight", "incarnation", "profile", "allocated")
	if not v[1] then
		return nil
	end
	node = { id = id, active_agents = tonumber(v[1]), max_agents = tonumber(v[2]), report = v[3], address = v[4],
		class = v[5], weight = v[7], incarnation = v[8], profile = v[9], allocated = v[10] or "", status = "online",
		healthy = "1", suspect = "", digits = v, fields = nil, beats = nil, reported = nil, usage_load = nil }
	if v[6] ~= "ready" then
		load_standing(node)
	end
	if v[6] ~= "ready" or string.sub(v[5], 1, 8) == "replica/" then
		node.closed, node.was_closed = true, true
	elseif node.active_agents >= node.max_agents then
		node.was_closed = true
	end
	t.nodes[id] = node
	t.loaded[#t.loaded + 1] = node
	return node
end

-- Reads the field that a strategy needs (nil for none), where the node was loaded without it.
-- rare: a whole node enters an index by a field that rows do not show
function nodes.need(node, field)
	if field and not node[field] then
		node[field] = redis.call("HGET", keys.node .. node.id, field)
	end
end

-- The fields that scores are made of, by the strategies whose indexes are kept, after those given.
local function score_fields(t, ...)
	local fields = { ... }
	for i = 1, #t.kept do
		local needs = strategies.get(t, t.kept[i]).needs
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
		address = v[3], report = nil, usage_load = nil, joined = nil, live = nil }
	for i = 4, #fields do
		node[fields[i]] = v[i]
	end
	t.nodes[id] = node
	t.loaded[#t.loaded + 1] = node
	return node
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
		report = nil, usage_load = nil, left = nil, closed = nil }
	for i = 5, #fields do
		node[fields[i]] = v[i]
	end
	if v[4] ~= "ready" or string.sub(v[3], 1, 8) == "replica/" then
		node.closed, node.stood = true, v[4]
	end
	if not nodes.eligible(node) then
		node.was_closed = true
	end
	t.nodes[id] = node
	t.loaded[#t.loaded + 1] = node
	return node
end

-- Reads labels, zone, resources and what is allocated of a node that this call knows.
-- rare: an agent has requirements
function nodes.details(node)
	if not node.labels then
		if not node.profile then
			local v = redis.call("HMGET", keys.node .. node.id, "profile", "allocated")
			node.profile, node.allocated = v[1], v[2] or ""
		end
		traits.read(node)
	end
end

-- How a node stands that this call knows, or that nodes.look has returned.
-- rare: an agent has requirements
function nodes.stands(node)
	return node.status and nodes.standing(node) or node.stood or "ready"
end

-- A node with all that a requirement or a score may ask for, nil where there is none. It is not kept in t: to
-- place an agent on it, nodes.candidate is to be called. t.looked counts those that were read.
-- rare: an agent has requirements
function nodes.look(t, id)
	local node = t.nodes[id]
	if node then
		if node.gone then
			return nil
		end
		nodes.details(node)
		return node
	end
	local fields = t.look_fields
	t.looked = (t.looked or 0) + 1
	if not fields then
		fields = score_fields(t, "active_agents", "max_agents", "class", "standing", "profile", "allocated")
		t.look_fields = fields
	end
	local v = redis.call("HMGET", keys.node .. id, unpack(fields))
	if not v[1] then
		return nil
	end
	node = { id = id, active_agents = tonumber(v[1]), max_agents = tonumber(v[2]), class = v[3], stood = v[4],
		profile = v[5], allocated = v[6] or "", usage_load = nil }
	for i = 7, #fields do
		node[fields[i]] = v[i]
	end
	node.closed = v[4] ~= "ready" or nodes.role(node) == "replica" or nil
	traits.read(node)
	return node
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
function nodes.measured(node)
	return node.status ~= "offline" and node.suspect ~= "1" and node.healthy == "1"
end

-- Counts the node in (1) or out (-1): in the totals and in its class.
local function count(t, node, sign)
	totals.add(t, "nodes_" .. node.status, sign)
	totals.add(t, "room", sign * room(node))
	if node.status == "offline" then
		return
	end
	classes.count(t, node.class, nodes.standing(node), sign)
	if nodes.role(node) ~= "replica" then
		totals.add(t, "capacity", sign * node.max_agents)
	end
	if nodes.measured(node) then
		totals.add(t, "nodes_healthy", sign)
		usage.count(t, node.report, sign)
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

local function text_of(value)
	return type(value) == "number" and text.int(value) or value
end

local function set_all(node, changes)
	for name, value in pairs(changes) do
		if node[name] ~= value then
			node[name] = value
			nodes.note(node, name, text_of(value))
		end
	end
	node.usage_load, node.edited = nil, true
	close(node)
end

-- The class in which the node is ready to be given agents, nil for none.
-- rare: more than usage and agents has changed
local function ready_in(node)
	return nodes.standing(node) == "ready" and node.class or nil
end

-- Notes what the profile of a node says from now on. before: what it has said, nil for a new node.
-- rare: a node registers
local function describe(t, node, before)
	if node.profile ~= before then
		local declared = before and node.resources or ""
		traits.change(t, node.id, before, node.profile)
		traits.read(node)
		resources.declare(t, node, declared)
	end
end

-- Changes a node that nodes.load returned. changes: fields by name.
-- rare: more than usage and agents has changed
function nodes.change(t, node, changes)
	local standing, was_ready, profile = nodes.standing(node), ready_in(node), node.profile
	nodes.details(node)
	count(t, node, -1)
	node.was_class = node.was_class or node.class
	set_all(node, changes)
	count(t, node, 1)
	if nodes.standing(node) ~= standing then
		nodes.note(node, "standing", nodes.standing(node))
	end
	traits.change_ready(t, node.id, was_ready, ready_in(node))
	describe(t, node, profile)
	if nodes.eligible(node) then
		classes.open(t, node.class)
	end
end

-- Adds a new node. fields: all of its record. Returns it.
-- rare: a new node
function nodes.add(t, id, fields)
	local node = { id = id, is_new = true, was_closed = true, allocated = "" }
	for i = 1, #FIRST do
		local name = FIRST[i]
		node[name] = fields[name]
		nodes.note(node, name, text_of(node[name]))
	end
	set_all(node, fields)
	count(t, node, 1)
	nodes.note(node, "standing", nodes.standing(node))
	traits.change_ready(t, id, nil, ready_in(node))
	describe(t, node, nil)
	if nodes.eligible(node) then
		classes.open(t, node.class)
	end
	t.nodes[id] = node
	t.loaded[#t.loaded + 1] = node
	return node
end

-- Removes a node that has no agents.
-- rare: a node has left
function nodes.remove(t, node)
	count(t, node, -1)
	node.gone, node.closed, node.edited = true, true, true
	nodes.details(node)
	traits.change(t, node.id, node.profile, nil)
	local declared = node.resources
	node.resources = ""
	resources.declare(t, node, declared)
	-- A late heartbeat of a process that has left must not pass for one of its successor.
	totals.raise(t, "incarnation", tonumber(node.incarnation))
end

-- Takes a heartbeat's figures of usage, "" for those that stay, of a node that nodes.load returned. Notes
-- that it came, and how long it counts.
function nodes.report(t, node, cpu, memory, disk, load_average, ttl_ms)
	local figures, changed = usage.replace(t, node.report, nodes.measured(node), cpu, memory, disk, load_average)
	node.report, node.beats = report_row(figures, t.at, ttl_ms), true
	if changed then
		node.usage_load, node.reported = nil, true
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

-- rare: a node has come or gone
local function write_list(node, key)
	if node.gone then
		redis.call("DEL", key)
		redis.call("ZREM", keys.nodes, node.id)
	else
		redis.call("ZADD", keys.nodes, "0", node.id)
	end
end

-- Writes the nodes that have changed, and the lists of their agents. Part of tx.commit.
function nodes.write(t)
	local loaded = t.loaded
	for i = 1, #loaded do
		local node = loaded[i]
		local id, joined, left = node.id, node.joined, node.left
		local key = keys.node .. id
		if node.fields and not node.gone then
			redis.call("HSET", key, unpack(node.fields))
		end
		if node.beats then
			redis.call("HSET", key, "report", node.report)
		end
		if node.is_new or node.gone then
			write_list(node, key)
		end
		if node.drawn and not node.gone then
			resources.write_node(node)
		end
		if left then
			redis.call("ZREM", keys.node_agents .. id, unpack(left))
			if not joined and not node.gone then
				redis.call("HINCRBY", key, "active_agents", left[2] and -#left or "-1")
			end
		end
		if joined then
			redis.call("HSET", key, "active_agents", text.int(node.active_agents), "chosen", joined[1])
			redis.call("ZADD", keys.node_agents .. id, unpack(joined, 2))
		end
	end
end

return nodes
