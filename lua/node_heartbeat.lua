#!lua
-- A node's heartbeat. What is "" keeps its last value. An offline node comes back online.
-- ARGV: id, cpu_usage, memory_usage, disk_usage (percent), load_average, healthy ("1", "0"),
--   status ("online", "draining"), incarnation, term_seen, epoch_seen (the highest that the node
--   knows of), heartbeat_ttl_ms, heartbeat_interval_ms and heartbeat_rate as lib/liveness stretches
--   them; and as lib/idempotency wants them key, request, keep_ms.
-- Reply: {"ok", event id or "" where nothing but figures changed, leader id or "", term or "",
--   node row, the highest epoch, heartbeat_interval_ms, heartbeat_ttl_ms}, these two as they are
--   for that many nodes.
-- Errors: NODE_NOT_FOUND: the client registers again; STALE_INCARNATION: another has registered
--   under the id since; INVALID_FIELD, IDEMPOTENCY_MISMATCH.

local assignments = require("lib.assignments")
local clock = require("lib.clock")
local events = require("lib.events")
local fail = require("lib.fail")
local fencing = require("lib.fencing")
local idempotency = require("lib.idempotency")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local node_row = require("lib.node_row")
local placement = require("lib.placement")
local settings = require("lib.settings").load()
local text = require("lib.text")
local totals = require("lib.totals")

local id, cpu, memory, disk, load_average, healthy, status, incarnation, term_seen, epoch_seen,
	ttl_ms, interval_ms, rate = unpack(ARGV)
local key, request, keep_ms = ARGV[14], ARGV[15], ARGV[16]
local earlier = idempotency.replay(key, request)
if earlier then
	return earlier
end
local before = nodes.load(id)
if not before or before.leaving == "1" then
	fail("NODE_NOT_FOUND", "id: there is no node '" .. id .. "'")
end
fencing.check_incarnation(before, incarnation)
local now = clock.now()
fencing.check_seen("term_seen", term_seen, now)
fencing.check_seen("epoch_seen", epoch_seen, now)

totals.fetch("epoch", "nodes_online", "nodes_draining", "cpu_usage", "memory_usage", "disk_usage",
	"load_average")
fencing.lift(term_seen, epoch_seen)
local after = nodes.copy(before)
after.suspect = ""
after.incarnation = math.max(before.incarnation, tonumber(incarnation) or 0)
after.cpu_usage = tonumber(cpu) or before.cpu_usage
after.memory_usage = tonumber(memory) or before.memory_usage
after.disk_usage = tonumber(disk) or before.disk_usage
after.load_average = tonumber(load_average) or before.load_average
if healthy ~= "" then
	after.healthy = healthy
end
if status ~= "" then
	after.status = status
elseif before.status == "offline" then
	after.status = "online"
end

local stretch = liveness.stretch(before.status == "offline" and 1 or 0, interval_ms, tonumber(rate))
interval_ms, ttl_ms = math.ceil(interval_ms * stretch), math.ceil(ttl_ms * stretch)
liveness.beat(id, before, now, ttl_ms)
nodes.save(settings, before, after, "last_heartbeat", text.int(now), "heartbeat_ttl_ms", ttl_ms)

local function ready(node)
	return node.healthy == "1" and node.suspect ~= "1"
end
local event = ""
if after.status ~= before.status or ready(after) ~= ready(before) then
	event = events.emit(after.status == "draining" and before.status ~= "draining" and "node.draining"
		or ready(after) and "node." .. after.status or "node.suspect", "node_id", id)
end
if placement.eligible(after) and not placement.eligible(before) then
	assignments.begin(settings.strategy)
	assignments.room_made(settings, now)
end
assignments.flush(settings)
local leader, _, term = lease.holder()
return idempotency.keep(key, request, keep_ms, { "ok", event, leader or "", term or "",
	node_row.read(id, settings), text.int(totals.get("epoch")), text.int(interval_ms),
	text.int(ttl_ms) })
