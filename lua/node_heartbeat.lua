#!lua
-- Heartbeats of nodes. What is "" keeps its last value. An offline node comes back online.
-- ARGV: lines, one item for each node: usage in percent, healthy "1" or "0", status "online" or "draining",
--   term_seen and epoch_seen the highest that the node knows of; all ("1": the error of one is raised);
--   ttl_ms, interval_ms and rate as lib/liveness.lua stretches them; and as lib/idempotency.lua wants them
--   key, request, keep_ms.
-- Reply: {"ok", last event id or "", item, item, …} for the first ones: up to a node that makes room while
--   agents wait, or all. An item's outcome is "ok", with no event where nothing but figures changed, or
--   "failed".
-- Errors: of an item: NODE_NOT_FOUND: the client registers again; STALE_INCARNATION: another has registered
--   under the id since; TOO_MANY_CLASSES: of a node that was offline; INVALID_FIELD. IDEMPOTENCY_MISMATCH.

local classes = require("lib.classes")
local fail = require("lib.fail")
local fencing = require("lib.fencing")
local heartbeat_row = require("lib.rows.heartbeat")
local heartbeats = require("lib.heartbeats")
local idempotency = require("lib.idempotency")
local item_row = require("lib.rows.item")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local node_row = require("lib.node_row")
local notice_row = require("lib.rows.notice")
local queue = require("lib.queue")
local text = require("lib.text")
local totals = require("lib.totals")
local tx = require("lib.tx")

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
local leader, _, term = lease.holder()
t.leader, t.term, rate = leader, term, tonumber(rate)
totals.fetch(t, "epoch", "nodes_online", "nodes_draining", "cpu_usage", "memory_usage", "disk_usage",
	"load_average")

-- The interval and the life of heartbeats, for as many nodes as there are.
local interval, life
local function stretch()
	local by = liveness.stretch(liveness.members(t), interval_ms, rate)
	interval = by > 1 and text.int(math.ceil(interval_ms * by)) or interval_ms
	life = by > 1 and text.int(math.ceil(ttl_ms * by)) or ttl_ms
end
stretch()

-- By number of the item: its error, or its row and event.
local failed, rows, told = {}, {}, {}
local number = 0
for id, cpu, memory, disk, load_average, healthy, status, incarnation, term_seen, epoch_seen in
	string.gmatch(lines, ITEM) do
	local node, made_room = nodes.load(t, id), false
	local refused
	if not node or node.leaving == "1" then
		refused = "NODE_NOT_FOUND id: there is no node '" .. id .. "'"
	elseif incarnation ~= "" or term_seen ~= "" or epoch_seen ~= "" then
		refused = fencing.see(t, node, incarnation, term_seen, epoch_seen)
	end
	if not refused and node.status == "offline" then
		refused = classes.refuse(t, node.class, node)
	end
	number = number + 1
	if refused then
		if all == "1" then
			fail(string.match(refused, "^(%S+) ?(.*)$"))
		end
		failed[number] = refused
	else
		local is_as_before = (healthy == "" or healthy == node.healthy) and (status == "" or status == node.status)
			and node.suspect == "" and node.status ~= "offline"
		if not is_as_before then
			told[number] = heartbeats.change(t, node, healthy, status)
			made_room = node.was_closed and nodes.eligible(node)
			stretch()
		end
		nodes.report(t, node, cpu, memory, disk, load_average, life)
		liveness.beat(t, id, life)
		made_room = made_room and queue.room_made(t)
		rows[number] = node_row.of(t, node, t.leader, node.healthy == "1")
		if made_room then
			-- Nodes that got an agent cannot be loaded with all their fields any more.
			break
		end
	end
end

local reply = { "ok", "" }
tx.commit(t)
local epoch = text.int(t.epoch or totals.get(t, "epoch"))
for i = 1, number do
	if failed[i] then
		reply[i + 2] = item_row("failed", "", failed[i])
	else
		local event = told[i] and told[i].id or ""
		if event ~= "" then
			reply[2] = event
		end
		reply[i + 2] = item_row("ok", event,
			heartbeat_row(rows[i], notice_row(t.leader or "", t.term or "", interval, life, epoch)))
	end
end
if key then
	return idempotency.keep(key, request, keep_ms, reply)
end
return reply
