-- Assignments: which agent runs where, under which epoch.
-- Invariant: an assigned agent is in node_agents of exactly its node and counts in that node's
-- active_agents; a pending one is in the queue; both are in the roster.
-- An assignment is a table with id, services and metadata ("" for none) and the further fields of its record,
-- nil where they are absent; and what this call makes of it:
--   node      the node that it gives it
--   event     the type of the event that tells of the change; event_id: its id, after tx.commit
--   was_queued, was_placed: true where it was so before

local keys = require("lib.keys")
local address_row = require("lib.rows.address")
local assignment_row = require("lib.rows.assignment")
local chooser = require("lib.chooser")
local events = require("lib.events")
local indexes = require("lib.indexes")
local item_row = require("lib.rows.item")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local pending = require("lib.pending")
local placed_row = require("lib.rows.placed")
local requirements = require("lib.requirements")
local resources = require("lib.resources")
local roster = require("lib.roster")
local selection = require("lib.selection")
local spread = require("lib.spread")
local text = require("lib.text")
local totals = require("lib.totals")
local writes = require("lib.writes")

local assignments = {}


local NO_ADDRESS = address_row("", "", "")
local PLACED = parts(placed_row, "strategy", "assigned_at", "number")
local TERMS, REQUIRES = parts(placed_row, "requires", "priority"), parts(placed_row, "requires")

-- The ids of those agents that have an assignment, as keys of a table; nil where none has one.
function assignments.standing(ids)
	local names = {}
	for i = 1, #ids do
		names[i] = keys.assignment .. ids[i]
	end
	if redis.call("EXISTS", unpack(names)) == 0 then
		return nil
	end
	local standing = {}
	for i = 1, #ids do
		standing[ids[i]] = redis.call("EXISTS", names[i]) == 1 or nil
	end
	return standing
end

-- The assignment with all its fields, nil where absent; or nil where there is none.
function assignments.load(id)
	local v = redis.call("HMGET", keys.assignment .. id, "node_id", "epoch", "placed", "services", "metadata",
		"previous_node_id", "reason", "asked", "queued", "batch")
	if not v[2] then
		return nil
	end
	local requires, priority = string.match(v[3], TERMS)
	return { id = id, node_id = v[1] or nil, epoch = v[2], placed = v[3], services = v[4] or "",
		requires = requires, priority = priority, metadata = v[5] or "", previous_node_id = v[6] or nil,
		reason = v[7] or nil, asked = v[8] or nil,
		queued = v[9] or nil, batch = v[10] or nil, node = nil, event = nil, event_id = nil }
end

-- Why an agent that is asked for as `asked` cannot be answered with the assignment that stands, as an error;
-- nil where it can.
-- rare: an agent has an assignment already
function assignments.refuse_other(a, asked)
	if text.sorted(a.services) ~= text.sorted(asked.services) then
		return "ASSIGNMENT_CONFLICT services: the agent has '" .. a.services .. "'"
	elseif a.requires ~= asked.requires then
		return "ASSIGNMENT_CONFLICT requirements: the agent has '" .. a.requires .. "'"
	end
	return nil
end

-- Like assignments.load, with no more than releasing needs.
function assignments.load_briefly(id)
	local v = redis.call("HMGET", keys.assignment .. id, "node_id", "epoch", "placed")
	if v[1] then
		local requires = string.sub(v[3], -2) ~= "\t\t" and string.match(v[3], REQUIRES) or ""
		return { id = id, node_id = v[1], epoch = v[2], placed = v[3], requires = requires, event = nil,
			event_id = nil }
	end
	return v[2] and assignments.load(id) or nil
end

-- The next fencing token, as text: above all that any agent has had or that a node has seen, and never below
-- the clock, so that it does not repeat where a failover lost the last ones.
local function next_epoch(t)
	local epoch, digits = t.epoch, t.epoch_text
	local last = digits and string.byte(digits, -1)
	epoch = (epoch or totals.get(t, "epoch")) + 1
	if epoch <= t.now then
		epoch, digits = t.now, t.at
	elseif last and last < 57 then
		-- To count the last digit up takes half as long as to write the number.
		digits = string.sub(digits, 1, -2) .. string.char(last + 1)
	else
		digits = text.int(epoch)
	end
	t.epoch, t.epoch_text = epoch, digits
	return digits
end

-- Notes that the assignment changes, and which event tells so.
local function note(t, a, event)
	a.event = event
	t.log[#t.log + 1] = a
end

-- The node that should run an agent, as chooser.choose has it; nil and true where the call is to be repeated.
-- rare: an agent is placed that has been placed before, waits, or has terms
function assignments.choose(t, a, strategy)
	if a.requires == "" and not a.explain then
		return chooser.choose(t, a.services, strategy)
	end
	return selection.choose(t, a, strategy)
end

-- An agent with requirements comes to a node (sign 1), or leaves it (-1).
-- rare: an agent has requirements
local function count_required(t, a, node, sign)
	local r = requirements.read(t, a.requires)
	nodes.details(node)
	resources.take(t, node, r.resources, sign)
	if r.group then
		spread.count(t, r.group, node, sign)
	end
end

-- Gives a place to an agent that has none (new, or detached). a.previous_node_id and a.reason say how it
-- came to that.
function assignments.attach(t, a, node, strategy)
	local reason, log, epoch, joined = a.reason, t.log, next_epoch(t), node.joined
	local number = a.placed and roster.number(a.placed) or roster.add(t, a.id)
	a.node, a.epoch, a.placed = node, epoch, placed_row(strategy, t.at, number, a.requires, a.priority)
	log[#log + 1] = a
	if reason then
		a.event = "agent.moved"
		totals.add(t, "placed_" .. reason .. "_" .. strategy, 1)
	else
		local placed = t.placed
		a.event, placed[strategy] = "agent.assigned", (placed[strategy] or 0) + 1
	end
	node.active_agents = node.active_agents + 1
	if a.requires ~= "" then
		count_required(t, a, node, 1)
	end
	if t.keeps_chosen then
		node.chosen = epoch
	end
	if joined then
		local n = #joined
		joined[1], joined[n + 1], joined[n + 2] = epoch, number, a.id
	else
		node.joined = { epoch, number, a.id }
	end
end

-- Takes the agent off its node or out of the queue, before it goes elsewhere or altogether.
function assignments.detach(t, a)
	if not a.node_id then
		pending.remove(t, a)
		a.queued, a.was_queued = nil, true
		return
	end
	totals.add(t, "departed", 1)
	local node = nodes.occupied(t, a.node_id)
	if node then
		nodes.part(t, node, a.id)
		if a.requires ~= "" then
			count_required(t, a, node, -1)
		end
	else
		writes.add(t, "ZREM", keys.node_agents .. a.node_id, a.id)
	end
end

-- Puts an agent that has no place into the queue.
-- rare: no node has room
function assignments.enqueue(t, a, strategy)
	local number = a.placed and roster.number(a.placed) or roster.add(t, a.id)
	a.epoch, a.was_placed = next_epoch(t), a.node_id ~= nil
	a.placed = placed_row(strategy, "", number, a.requires, a.priority)
	a.node_id = nil
	if not a.event_id and not a.queue_ttl_ms then
		a.queue_ttl_ms = redis.call("HGET", keys.assignment .. a.id, "queue_ttl_ms") or nil
	end
	pending.add(t, a)
	note(t, a, "agent.pending")
end

-- Removes the agent altogether. why: "released", or "expired" for one that has waited for too long.
function assignments.release(t, a, why)
	local released = t.released or {}
	assignments.detach(t, a)
	released[#released + 1] = a
	t.released, a.gone = released, why
	note(t, a, "agent." .. why)
end

-- Changes what an agent carries with it. metadata: JSON, "{}" for none; priority: digits; nil each to keep
-- it. A waiting agent keeps its age. Returns true where something has changed.
-- rare: an agent is changed
function assignments.update(t, a, metadata, priority)
	local key, changed = keys.assignment .. a.id, false
	metadata, priority = metadata == "{}" and "" or metadata, priority == "0" and "" or priority
	if metadata and metadata ~= a.metadata then
		a.metadata, changed = metadata, true
		if metadata == "" then
			writes.add(t, "HDEL", key, "metadata")
		else
			writes.add(t, "HSET", key, "metadata", metadata)
		end
	end
	if priority and priority ~= a.priority then
		local strategy, assigned_at, number = string.match(a.placed, PLACED)
		if not a.node_id then
			pending.advance(t, a, priority)
			writes.add(t, "HSET", key, "queued", a.queued)
		end
		a.priority, changed = priority, true
		a.placed = placed_row(strategy, assigned_at, number, a.requires, priority)
		writes.add(t, "HSET", key, "placed", a.placed)
	end
	return changed
end

-- Like assignments.choose, for an agent that leaves its node: it does not count in its group there any more.
-- rare: a node has left or died
local function choose_anew(t, a, strategy)
	local r = a.requires ~= "" and requirements.read(t, a.requires)
	local left = r and r.by and nodes.occupied(t, a.node_id)
	if not left then
		return assignments.choose(t, a, strategy)
	elseif not spread.is_ready(t, r) then
		return nil, true
	end
	nodes.details(left)
	spread.count(t, r.group, left, -1)
	local node, again = assignments.choose(t, a, strategy)
	spread.count(t, r.group, left, 1)
	return node, again
end

-- Takes an assigned agent off its node and places it elsewhere, or queues it where no node can take it.
-- reason: "node_lost" or "node_left". Returns "moved" or "pending"; nil with nothing changed where the
-- index of no strategy is ready, or where the call is to be repeated.
function assignments.replace(t, a, reason)
	local strategy = indexes.usable(t, a.asked)
	if not strategy then
		return nil
	end
	local node, again
	if not pending.has_group(a) then
		node, again = choose_anew(t, a, strategy)
	end
	if again then
		return nil
	end
	assignments.detach(t, a)
	a.previous_node_id, a.reason = a.node_id, reason
	if node then
		assignments.attach(t, a, node, strategy)
		return "moved"
	end
	assignments.enqueue(t, a, strategy)
	return "pending"
end

local FIELDS = { "epoch", "placed", "services", "metadata", "previous_node_id", "reason", "asked", "queued",
	"since", "queue_ttl_ms" }

-- Writes all fields of a record. What is absent or "" is left out.
-- rare: it has more than node and services
local function write_record(key, a)
	local args = {}
	if a.node then
		args[1], args[2] = "node_id", a.node.id
	end
	for i = 1, #FIELDS do
		local value = a[FIELDS[i]]
		if value and value ~= "" then
			args[#args + 1] = FIELDS[i]
			args[#args + 1] = value
		end
	end
	redis.call("HSET", key, unpack(args))
	if a.was_queued and a.node then
		redis.call("HDEL", key, "queued", "since")
	elseif a.was_placed and not a.node then
		redis.call("HDEL", key, "node_id")
	end
end

-- Appends the event of an assignment that has changed: with its group where it has one, and these fields.
-- rare: it was released, moved or queued
local function tell(a, is_last, ...)
	local group = a.requires ~= "" and string.match(a.requires, "group:(%S+)")
	if group then
		return events.append(is_last, "type", a.event, "agent_id", a.id, "group", group, ...)
	end
	return events.append(is_last, "type", a.event, "agent_id", a.id, ...)
end

-- rare: it was released, moved or queued
local function write_other(a, is_last)
	local key, node = keys.assignment .. a.id, a.node
	if a.gone then
		return tell(a, is_last, "previous_node_id", a.node_id or "", "epoch", a.epoch, "reason", a.gone)
	end
	write_record(key, a)
	if a.reason then
		return tell(a, is_last, "node_id", node and node.id or "", "epoch", a.epoch, "previous_node_id",
			a.previous_node_id or "", "reason", a.reason)
	end
	return tell(a, is_last, "node_id", node and node.id or "", "epoch", a.epoch)
end

-- Writes an assignment that has changed, and its event. Part of tx.commit. is_last: as events.append has it.
function assignments.write(a, is_last)
	local node = a.node
	if not node or a.reason or a.asked or a.was_queued or a.is_special then
		a.event_id = write_other(a, is_last)
	else
		local key = keys.assignment .. a.id
		if a.services == "" and a.metadata == "" then
			redis.call("HSET", key, "node_id", node.id, "epoch", a.epoch, "placed", a.placed)
		elseif a.metadata == "" then
			redis.call("HSET", key, "node_id", node.id, "epoch", a.epoch, "placed", a.placed, "services", a.services)
		else
			write_record(key, a)
		end
		if is_last then
			a.event_id = events.append(true, "type", a.event, "agent_id", a.id, "node_id", node.id, "epoch", a.epoch)
		else
			a.event_id = redis.call("XADD", keys.events, "*", "type", a.event, "agent_id", a.id, "node_id", node.id,
				"epoch", a.epoch)
		end
	end
end

-- Deletes the records of the agents that were released. Part of tx.commit.
-- rare: agents are released
function assignments.delete(t)
	local released, names = t.released, {}
	for i = 1, #released do
		names[i] = keys.assignment .. released[i].id
	end
	redis.call("DEL", unpack(names))
end

-- The reply row of an assignment that this call has not given a node.
-- rare: an assignment that stood before
local function row_of_standing(t, a, before)
	local node, healthy = nil, false
	local since, position, reasons = "", "", ""
	if not a.node_id then
		since, position, reasons = pending.shown(a.id, a.services, a.requires)
	else
		t.addresses = t.addresses or {}
		node = t.addresses[a.node_id] or nodes.address(a.node_id)
		t.addresses[a.node_id] = node
		healthy = node[2] == "1" and liveness.is_alive(t, a.node_id)
	end
	return assignment_row(before .. a.id, a.node_id or "", a.node_id and "assigned" or "pending", a.epoch,
		a.services, a.placed, a.metadata, a.previous_node_id or "", a.reason or "requested", since, position,
		reasons, node and node[1] or NO_ADDRESS, healthy and "1" or "0", a.explanation or "")
end

-- The reply row of an assignment, after the text `before`.
function assignments.row(t, a, before)
	local node = a.node
	if node then
		return assignment_row(before .. a.id, node.id, "assigned", a.epoch, a.services, a.placed, a.metadata, "",
			"requested", "", "", "", node.address, "1", a.explanation or "")
	end
	return row_of_standing(t, a, before)
end

-- Adds to the reply of agent_assign the answers to its first `number` items: assignments, or the texts of
-- answers that are ready. dry: true where nothing has been changed.
function assignments.answer(t, items, number, reply, dry)
	for i = 1, number do
		local a = items[i]
		if a.event and not a.told then
			a.told = true
			local outcome = dry and "ok" or a.node and "created" or "pending"
			reply[i + 2] = assignments.row(t, a, item_row(outcome, a.event_id or "", ""))
		else
			reply[i + 2] = a.id and assignments.row(t, a, item_row("exists", "", "")) or a
		end
	end
end

return assignments
