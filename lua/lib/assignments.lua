-- Assignments: which agent runs where, under which epoch.
-- Invariant: an assigned agent is in node_agents of exactly its node and counts in that node's
-- active_agents; a pending one is in the pending queue; both are in the list of all.

local keys = require("lib.keys")
local events = require("lib.events")
local indexes = require("lib.indexes")
local nodes = require("lib.nodes")
local pending = require("lib.pending")
local placement = require("lib.placement")
local text = require("lib.text")
local totals = require("lib.totals")

local assignments = {}

local FIELDS = { "node_id", "status", "epoch", "services", "strategy", "metadata", "assigned_at",
	"previous_node_id", "reason", "asked", "queued" }

-- The assignment as a table of text fields (nil where absent) and id, or nil where there is none.
function assignments.load(id)
	local v = redis.call("HMGET", keys.assignment .. id, unpack(FIELDS))
	if not v[2] then
		return nil
	end
	local a = { id = id }
	for i = 1, #FIELDS do
		a[FIELDS[i]] = v[i] or nil
	end
	a.services = a.services or ""
	return a
end

-- Reads the counters that placing and releasing need, in one call. strategy: the one that will
-- most likely place; another costs a further call.
function assignments.begin(strategy)
	totals.fetch("assigned", "pending", "available", "placed", "queued", "epoch",
		"placed_requested", "placed_by_" .. strategy)
end

-- A fencing token above all that any agent has had or that a node has seen, and never below the
-- clock, so that it does not repeat where a failover lost the last ones.
local function next_epoch(now)
	local epoch = math.max(totals.get("epoch") + 1, now)
	totals.add("epoch", epoch - totals.get("epoch"))
	return text.int(epoch)
end

-- Writes a's record anew: fields that are nil or "" are left out.
local function write(a)
	local args = {}
	for i = 1, #FIELDS do
		local value = a[FIELDS[i]]
		if value and value ~= "" then
			args[#args + 1] = FIELDS[i]
			args[#args + 1] = value
		end
	end
	redis.call("HSET", keys.assignment .. a.id, unpack(args))
end

-- Takes the agent off its node or out of the queue, before it goes elsewhere or altogether.
-- Returns the node it was on as it is now, or nil.
function assignments.detach(settings, a)
	if a.status == "pending" then
		pending.remove(a)
		redis.call("HDEL", keys.assignment .. a.id, "queued")
		totals.add("pending", -1)
		a.queued = nil
		return nil
	end
	totals.add("assigned", -1)
	redis.call("ZREM", keys.node_agents .. a.node_id, a.id)
	local node = nodes.load(a.node_id)
	if node then
		node = nodes.occupy(settings, node, -1)
	end
	return node
end

-- Gives the agent, which is nowhere (new or detached), to a node. a.previous_node_id and
-- a.reason say how it came to that. Returns the node as it is now and the event's id.
function assignments.attach(settings, a, node, strategy, now)
	totals.add("placed", 1)
	totals.add("placed_" .. a.reason, 1)
	totals.add("placed_by_" .. strategy, 1)
	totals.add("assigned", 1)
	node = nodes.occupy(settings, node, 1, totals.get("placed"))
	a.epoch = next_epoch(now)
	a.node_id, a.status, a.strategy, a.assigned_at = node.id, "assigned", strategy, text.int(now)
	write(a)
	redis.call("ZADD", keys.assignments, 0, a.id)
	redis.call("ZADD", keys.node_agents .. node.id, 0, a.id)
	local type = a.reason == "requested" and "agent.assigned" or "agent.moved"
	return node, events.emit(type, "agent_id", a.id, "node_id", node.id, "previous_node_id",
		a.previous_node_id or "", "epoch", a.epoch, "reason", a.reason)
end

-- Puts the agent, which is nowhere, into the queue for capacity. Returns the event's id.
function assignments.enqueue(a, strategy, now)
	totals.add("pending", 1)
	totals.add("queued", 1)
	a.epoch = next_epoch(now)
	a.status, a.strategy, a.queued = "pending", strategy, text.int(totals.get("queued"))
	if a.node_id or a.assigned_at then
		redis.call("HDEL", keys.assignment .. a.id, "node_id", "assigned_at")
		a.node_id, a.assigned_at = nil, nil
	end
	write(a)
	redis.call("ZADD", keys.assignments, 0, a.id)
	pending.add(a)
	return events.emit("agent.pending", "agent_id", a.id, "node_id", "", "previous_node_id",
		a.previous_node_id or "", "epoch", a.epoch, "reason", a.reason)
end

-- Takes an assigned agent off its node and places it elsewhere, or queues it where no node can
-- take it. reason: "node_lost" or "node_left". Returns "moved" or "pending", or nil with nothing
-- written where the index of no strategy is ready.
function assignments.replace(settings, a, reason, now)
	local strategy = indexes.usable(settings, a.asked)
	if not strategy then
		return nil
	end
	assignments.detach(settings, a)
	a.previous_node_id, a.reason = a.node_id, reason
	local id = placement.choose(text.split(a.services), strategy)
	if id then
		assignments.attach(settings, a, nodes.load(id), strategy, now)
		return "moved"
	end
	assignments.enqueue(a, strategy, now)
	return "pending"
end

-- Places up to `most` pending agents, the oldest first; one that no node can take does not hold
-- up those that want other services. first: how many of the waiting groups to pass over.
-- Returns how many were placed, and whether there are further groups behind those looked at.
function assignments.place_pending(settings, most, first, now)
	local placed = 0
	most = placement.budget(most)
	local heads, further = pending.heads(first)
	while placed < most do
		local group = pending.oldest(heads)
		if not group then
			break
		end
		local a = assignments.load(group.agent_id)
		local strategy = a and indexes.usable(settings, a.asked)
		local id = strategy and placement.choose(text.split(a.services), strategy)
		if not a then
			pending.remove({ id = group.agent_id, services = group.services })
			totals.add("pending", -1)
			pending.refresh(group)
		elseif id then
			assignments.detach(settings, a)
			assignments.attach(settings, a, nodes.load(id), strategy, now)
			placed = placed + 1
			pending.refresh(group)
		else
			group.agent_id = nil
		end
	end
	return placed, further
end

-- Called by what makes room: places waiting agents at once, where there are any.
function assignments.room_made(settings, now)
	if totals.get("pending") > 0 then
		assignments.place_pending(settings, 20, 0, now)
	end
end

-- Removes the agent altogether. Returns the event's id.
function assignments.release(settings, a)
	assignments.detach(settings, a)
	redis.call("DEL", keys.assignment .. a.id)
	redis.call("ZREM", keys.assignments, a.id)
	return events.emit("agent.released", "agent_id", a.id, "node_id", "", "previous_node_id",
		a.node_id or "", "epoch", a.epoch, "reason", "released")
end

-- The reply row, in the order of assignment_out in src/api/assignment.c. node: its node where
-- the caller has it loaded; else it is read.
function assignments.row(a, node)
	node = node or (a.node_id and nodes.load(a.node_id)) or nil
	local healthy = node and node.healthy == "1" and placement.alive(node.id)
	return {
		a.id, a.node_id or "", a.status, a.epoch, a.services, a.strategy, a.metadata or "",
		a.assigned_at or "", a.previous_node_id or "", a.reason,
		node and node.hostname or "", node and node.ip_address or "", node and node.port or "",
		healthy and "1" or "0",
	}
end

return assignments
