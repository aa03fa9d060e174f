#!lua
-- A node's heartbeat. What is "" keeps its last value. An offline node comes back online.
-- ARGV: id, cpu_usage, memory_usage, disk_usage (percent), load_average, healthy ("1", "0"),
--   status ("online", "draining"), incarnation, term_seen, epoch_seen (the highest that the node
--   knows of), heartbeat_ttl_ms, heartbeat_interval_ms and heartbeat_rate as lib/liveness stretches
--   them; and as lib/idempotency wants them key, request, keep_ms.
-- Reply: {"ok", event id or "" where nothing but figures changed, node row}, the row going on with
--   leader id or "", term or "", heartbeat_interval_ms and heartbeat_ttl_ms as they are for that many
--   nodes, and the highest epoch.
-- Errors: NODE_NOT_FOUND: the client registers again; STALE_INCARNATION: another has registered
--   under the id since; INVALID_FIELD, IDEMPOTENCY_MISMATCH.

local assignments = require("lib.assignments")
local events = require("lib.events")
local fail = require("lib.fail")
local fencing = require("lib.fencing")
local figures = require("lib.figures")
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
if key then
	local earlier = idempotency.replay(key, request)
	if earlier then
		return earlier
	end
end
local beats = figures.begin(settings, ttl_ms, interval_ms, rate)
local row = figures.take(beats, id, cpu, memory, disk, load_average, healthy, status, incarnation,
	term_seen, epoch_seen)
if row then
	figures.flush(beats)
	return key and idempotency.keep(key, request, keep_ms, { "ok", "", row }) or { "ok", "", row }
end

local before = nodes.load(id)
if not before or before.leaving == "1" then
	return fail("NODE_NOT_FOUND", "id: there is no node '" .. id .. "'")
end
local now = beats.now
fencing.check_incarnation(id, before.incarnation, incarnation)
fencing.check_seen("term_seen", term_seen, now)
fencing.check_seen("epoch_seen", epoch_seen, now)
totals.fetch("epoch", "nodes_online", "nodes_draining")
local stretch = liveness.stretch(liveness.members() + (before.status == "offline" and 1 or 0), interval_ms,
	tonumber(rate))
interval_ms, ttl_ms = text.int(math.ceil(interval_ms * stretch)), text.int(math.ceil(ttl_ms * stretch))
local leader, _, term = lease.holder()
leader, term = fencing.lift(leader, term, term_seen, epoch_seen)
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
return idempotency.keep(key, request, keep_ms, { "ok", event, node_row.read(id, settings)
	.. figures.tail(leader, term, interval_ms, ttl_ms, totals.get("epoch")) })
