-- Assignments: which agent runs where, under which epoch.
-- Invariant: an assigned agent is in node_agents of exactly its node and counts in that node's
-- active_agents; a pending one is in the pending queue; both are in the roster.
-- What several agents of one script change in common is written once, by assignments.flush.

local keys = require("lib.keys")
local assignment_row = require("lib.assignment_row")
local chooser = require("lib.chooser")
local events = require("lib.events")
local indexes = require("lib.indexes")
local nodes = require("lib.nodes")
local pending = require("lib.pending")
local placement = require("lib.placement")
local roster = require("lib.roster")
local text = require("lib.text")
local totals = require("lib.totals")

local assignments = {}

assignments.ROOM_MAX = 20 -- so many of the waiting are placed by what makes room

local NO_ADDRESS = "\t\t"

-- True where there is an assignment of the agent.
function assignments.exists(id)
	return redis.call("EXISTS", keys.assignment .. id) == 1
end

-- True where there is an assignment of any of these agents.
function assignments.any_exists(ids)
	local names = {}
	for i = 1, #ids do
		names[i] = keys.assignment .. ids[i]
	end
	return redis.call("EXISTS", unpack(names)) > 0
end

-- The assignment as a table of text fields (nil where absent), id and status, or nil where there is
-- none.
function assignments.load(id)
	local v = redis.call("HMGET", keys.assignment .. id, "node_id", "epoch", "strategy", "assigned_at",
		"services", "metadata", "previous_node_id", "reason", "asked", "queued")
	if not v[2] then
		return nil
	end
	return { id = id, status = v[1] and "assigned" or "pending", node_id = v[1] or nil, epoch = v[2],
		strategy = v[3], assigned_at = v[4] or nil, services = v[5] or "", metadata = v[6] or nil,
		previous_node_id = v[7] or nil, reason = v[8] or "requested", asked = v[9] or nil,
		queued = v[10] or nil }
end

-- The same with what releasing needs, which of an assigned one is less.
function assignments.load_briefly(id)
	local v = redis.call("HMGET", keys.assignment .. id, "node_id", "epoch")
	if v[1] then
		return { id = id, status = "assigned", node_id = v[1], epoch = v[2] }
	end
	return v[2] and assignments.load(id) or nil
end

-- Reads the counters that placing and releasing need, in one call. strategy: the one that will
-- most likely place; another costs a further call.
function assignments.begin(strategy)
	totals.fetch("epoch", "pending", "departed", "placed_requested_" .. strategy)
end

-- A fencing token above all that any agent has had or that a node has seen, and never below the
-- clock, so that it does not repeat where a failover lost the last ones.
local function next_epoch(now)
	local epoch = math.max(totals.get("epoch") + 1, now)
	totals.add("epoch", epoch - totals.get("epoch"))
	return epoch
end

local FIELDS = { "node_id", "epoch", "strategy", "assigned_at", "services", "metadata",
	"previous_node_id", "reason", "asked", "queued" }

-- Writes a's record anew: what is "" or the default is left out.
local function write(a)
	local args = {}
	for i = 1, #FIELDS do
		local name = FIELDS[i]
		local value = a[name]
		if value and value ~= "" and not (name == "reason" and value == "requested") then
			args[#args + 1] = name
			args[#args + 1] = value
		end
	end
	redis.call("HSET", keys.assignment .. a.id, unpack(args))
end

-- Tells what has become of the agent. Returns the event's id.
local function tell(type, a, node_id)
	if a.previous_node_id or a.reason ~= "requested" then
		return events.emit(type, "agent_id", a.id, "node_id", node_id, "epoch", a.epoch,
			"previous_node_id", a.previous_node_id or "", "reason", a.reason)
	end
	return events.emit(type, "agent_id", a.id, "node_id", node_id, "epoch", a.epoch)
end

local joined, left = {}, {} -- by node: what node_agents gets, what goes from it

local function list_of(lists, id)
	local list = lists[id]
	if not list then
		list = {}
		lists[id] = list
	end
	return list
end

-- Takes the agent off its node or out of the queue, before it goes elsewhere or altogether.
function assignments.detach(a)
	if a.status == "pending" then
		pending.remove(a)
		redis.call("HDEL", keys.assignment .. a.id, "queued")
		totals.add("pending", -1)
		a.queued = nil
		return
	end
	totals.add("departed", 1)
	local list = list_of(left, a.node_id)
	list[#list + 1] = a.id
	local node = nodes.load_occupied(a.node_id)
	if node then
		nodes.occupy(node, -1)
	end
end

-- Plans to give the agent, which is nowhere (new or detached), to a node. a.previous_node_id and
-- a.reason say how it came to that. Nothing is written: assignments.record does that.
function assignments.plan(a, node, strategy, now)
	local epoch = next_epoch(now)
	totals.add("placed_" .. a.reason .. "_" .. strategy, 1)
	nodes.occupy(node, 1, epoch)
	if not a.epoch then
		roster.add(a.id)
	end
	a.epoch, a.assigned_at = text.int(epoch), text.time(now)
	a.node_id, a.status, a.strategy = node.id, "assigned", strategy
	local list = list_of(joined, node.id)
	list[#list + 1] = "0"
	list[#list + 1] = a.id
end

-- Writes the record of an agent whose place is planned. Returns the event's id.
function assignments.record(a)
	write(a)
	return tell(a.reason == "requested" and "agent.assigned" or "agent.moved", a, a.node_id)
end

-- Gives the agent to a node, at once. Returns the event's id.
function assignments.attach(a, node, strategy, now)
	assignments.plan(a, node, strategy, now)
	return assignments.record(a)
end

-- Puts the agent, which is nowhere, into the queue for capacity. Returns the event's id.
function assignments.enqueue(a, strategy, now)
	totals.add("pending", 1)
	totals.add("queued", 1)
	if not a.epoch then
		roster.add(a.id)
	end
	a.epoch = text.int(next_epoch(now))
	a.status, a.strategy, a.queued = "pending", strategy, text.int(totals.get("queued"))
	if a.node_id then
		redis.call("HDEL", keys.assignment .. a.id, "node_id", "assigned_at")
		a.node_id, a.assigned_at = nil, nil
	end
	write(a)
	pending.add(a)
	return tell("agent.pending", a, "")
end

-- Writes what has been left until now. Called once, last; it writes the totals too.
function assignments.flush(settings)
	nodes.flush(settings)
	for id, list in pairs(left) do
		redis.call("ZREM", keys.node_agents .. id, unpack(list))
	end
	for id, list in pairs(joined) do
		redis.call("ZADD", keys.node_agents .. id, unpack(list))
	end
	roster.flush()
	totals.flush()
end

-- Takes an assigned agent off its node and places it elsewhere, or queues it where no node can
-- take it. reason: "node_lost" or "node_left". Returns "moved" or "pending", or nil with nothing
-- written where the index of no strategy is ready.
function assignments.replace(settings, a, reason, now)
	local strategy = indexes.usable(settings, a.asked)
	if not strategy then
		return nil
	end
	assignments.detach(a)
	a.previous_node_id, a.reason = a.node_id, reason
	local node = chooser.choose(settings, a.services, strategy)
	if node then
		assignments.attach(a, node, strategy, now)
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
	most = chooser.budget(settings, most)
	chooser.expect(most)
	local heads, further = pending.heads(first)
	while placed < most do
		local group = pending.oldest(heads)
		if not group then
			break
		end
		local a = assignments.load(group.agent_id)
		local strategy = a and indexes.usable(settings, a.asked)
		local node = strategy and chooser.choose(settings, a.services, strategy)
		if not a then
			pending.remove({ id = group.agent_id, services = group.services })
			totals.add("pending", -1)
			pending.refresh(group)
		elseif node then
			assignments.detach(a)
			assignments.attach(a, node, strategy, now)
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
		nodes.flush(settings)
		assignments.place_pending(settings, assignments.ROOM_MAX, 0, now)
	end
end

-- Removes the agent altogether. Returns the event's id.
function assignments.release(a)
	assignments.detach(a)
	redis.call("DEL", keys.assignment .. a.id)
	roster.remove(a.id)
	return events.emit("agent.released", "agent_id", a.id, "node_id", "", "previous_node_id",
		a.node_id or "", "epoch", a.epoch, "reason", "released")
end

-- The reply row. node: its node, where the caller has it loaded; else it is read.
function assignments.row(a, node)
	node = node or (a.node_id and nodes.load_address(a.node_id)) or nil
	local healthy = node and node.healthy == "1" and placement.alive(node.id)
	return assignment_row(a.id, a.node_id or "", a.status, a.epoch, a.services, a.strategy,
		a.metadata or "", a.assigned_at or "", a.previous_node_id or "", a.reason,
		node and node.address or NO_ADDRESS, healthy and "1" or "0")
end

return assignments
