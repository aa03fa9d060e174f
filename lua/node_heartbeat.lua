#!lua
-- Heartbeats of nodes. What is "" keeps its last value. An offline node comes back online.
-- ARGV: lines, one item for each node: usage in percent, healthy "1" or "0", status "online" or "draining",
--   term_seen and epoch_seen the highest that the node knows of; all ("1": the error of one is raised);
--   ttl_ms, interval_ms and rate as lib/liveness.lua stretches them; and as lib/idempotency.lua wants them
--   key, request, keep_ms.
-- Reply: {"ok", last event id or "", item, item, …}. An item's outcome is "ok", with no event where nothing
--   but figures changed, or "failed".
-- Errors: of an item: NODE_NOT_FOUND: the client registers again; STALE_INCARNATION: another has registered
--   under the id since; INVALID_FIELD. IDEMPOTENCY_MISMATCH.

local assignments = require("lib.assignments")
local events = require("lib.events")
local fail = require("lib.fail")
local fencing = require("lib.fencing")
local heartbeat_row = require("lib.rows.heartbeat")
local idempotency = require("lib.idempotency")
local item_row = require("lib.rows.item")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local node_row = require("lib.node_row")
local notice_row = require("lib.rows.notice")
local text = require("lib.text")
local totals = require("lib.totals")
local tx = require("lib.tx")
local usage = require("lib.usage")

local lines, all, ttl_ms, interval_ms, rate, key, request, keep_ms = unpack(ARGV)
replies({ "heartbeat" })
if key then
	local earlier = idempotency.replay(key, request)
	if earlier then
		return earlier
	end
end

local ITEM = item("id", "cpu_usage", "memory_usage", "disk_usage", "load_average", "healthy", "status",
	"incarnation", "term_seen", "epoch_seen")

local t = tx.open()
local leader_id, _, leader_term = lease.holder()
t.leader, t.term, rate = leader_id, leader_term, tonumber(rate)
totals.fetch(t, "epoch", "nodes_online", "nodes_draining", "cpu_usage", "memory_usage", "disk_usage",
	"load_average")

-- True where the heartbeat says nothing that the node's record does not say, but for its figures.
local function is_plain(node, healthy, status, incarnation)
	return node.suspect == "" and node.status ~= "offline" and (healthy == "" or healthy == node.healthy)
		and (status == "" or status == node.status)
		and (incarnation == "" or tonumber(incarnation) == node.incarnation)
end

-- The event that tells how the node stands now; nil where it stands as it did.
local function tell(node, was_status, was_ready)
	local ready = node.healthy == "1" and node.suspect ~= "1"
	if node.status == was_status and ready == was_ready then
		return nil
	end
	local type = node.status == "draining" and was_status ~= "draining" and "node.draining"
		or ready and "node." .. node.status or "node.suspect"
	return events.add(t, type, "node_id", node.id)
end

-- Changes more than figures of a node. Returns the event, or nil.
local function change(node, figures, healthy, status, incarnation)
	local was_status, was_ready = node.status, node.healthy == "1" and node.suspect ~= "1"
	nodes.change(t, node, { usage = figures, suspect = "", healthy = healthy ~= "" and healthy or node.healthy,
		status = status ~= "" and status or was_status == "offline" and "online" or was_status,
		incarnation = math.max(node.incarnation, tonumber(incarnation) or 0) })
	return tell(node, was_status, was_ready)
end

-- The row of a heartbeat's reply, as the node stands by now.
local function row_of(item)
	local node = item.node
	return node_row.of(t, node, t.leader, node.healthy == "1", t.at, item.ttl_ms)
end

local latest = {} -- by node: its last heartbeat of this call

local function beat(id, cpu, memory, disk, load_average, healthy, status, incarnation, term_seen, epoch_seen)
	local node = nodes.load(t, id)
	if not node or node.leaving == "1" then
		return { failed = "NODE_NOT_FOUND id: there is no node '" .. id .. "'" }
	end
	local refused = fencing.refuse_incarnation(id, node.incarnation, incarnation)
		or fencing.refuse_seen(t, "term_seen", term_seen) or fencing.refuse_seen(t, "epoch_seen", epoch_seen)
	if refused then
		return { failed = refused }
	end
	if term_seen ~= "" or epoch_seen ~= "" then
		fencing.lift(t, term_seen, epoch_seen)
	end
	local item = { node = node, failed = nil, event = nil, row = nil, ttl_ms = nil, interval_ms = nil }
	if latest[id] then
		latest[id].row = row_of(latest[id])
	end
	latest[id] = item
	local figures = usage.changed(node.usage, cpu, memory, disk, load_average)
	local suspect, offline = node.suspect == "1", node.status == "offline"
	if is_plain(node, healthy, status, incarnation) then
		nodes.report(t, node, figures)
	else
		item.event = change(node, figures, healthy, status, incarnation)
	end
	local stretch = liveness.stretch(liveness.members(t), interval_ms, rate)
	item.ttl_ms = stretch > 1 and text.int(math.ceil(ttl_ms * stretch)) or ttl_ms
	item.interval_ms = stretch > 1 and text.int(math.ceil(interval_ms * stretch)) or interval_ms
	liveness.beat(t, id, suspect, offline, item.ttl_ms)
	nodes.note(node, "last_heartbeat", t.at)
	nodes.note(node, "heartbeat_ttl_ms", item.ttl_ms)
	return item
end

local items, made_room = {}, false
for id, cpu, memory, disk, load_average, healthy, status, incarnation, term_seen, epoch_seen in
	string.gmatch(lines, ITEM) do
	local item = beat(id, cpu, memory, disk, load_average, healthy, status, incarnation, term_seen, epoch_seen)
	if item.failed and all == "1" then
		fail(string.match(item.failed, "^(%S+) ?(.*)$"))
	end
	items[#items + 1] = item
	made_room = made_room or item.event and item.node.was_closed and nodes.eligible(item.node)
end
if made_room then
	assignments.room_made(t)
end

local reply = { "ok", "" }
tx.commit(t)
local epoch = text.int(totals.get(t, "epoch"))
for i = 1, #items do
	local item = items[i]
	if item.failed then
		reply[i + 2] = item_row("failed", "", item.failed)
	else
		local event = events.id(item.event)
		reply[2] = event ~= "" and event or reply[2]
		reply[i + 2] = item_row("ok", event, heartbeat_row(item.row or row_of(item),
			notice_row(t.leader or "", t.term or "", item.interval_ms, item.ttl_ms, epoch)))
	end
end
return key and idempotency.keep(key, request, keep_ms, reply) or reply
