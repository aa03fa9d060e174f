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
local figures = require("lib.figures")
local idempotency = require("lib.idempotency")
local keys = require("lib.keys")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local node_row = require("lib.node_row")
local placement = require("lib.placement")
local settings = require("lib.settings").load()
local text = require("lib.text")
local totals = require("lib.totals")

local STATUS, HEALTHY, INCARNATION, SUSPECT, LEAVING = 5, 6, 7, 22, 23 -- places in a record as fetched
local id, cpu, memory, disk, load_average, healthy, status, incarnation, term_seen, epoch_seen,
	ttl_ms, interval_ms, rate = unpack(ARGV)
local key, request, keep_ms = ARGV[14], ARGV[15], ARGV[16]
if key then
	local earlier = idempotency.replay(key, request)
	if earlier then
		return earlier
	end
end
local v = node_row.fetch(id)
if not v[1] or v[LEAVING] == "1" then
	return fail("NODE_NOT_FOUND", "id: there is no node '" .. id .. "'")
end
local now = clock.now()
if incarnation ~= "" or term_seen ~= "" or epoch_seen ~= "" then
	fencing.check_incarnation(id, v[INCARNATION], incarnation)
	fencing.check_seen("term_seen", term_seen, now)
	fencing.check_seen("epoch_seen", epoch_seen, now)
end

local sums = redis.call("HMGET", keys.totals, "cpu_usage", "memory_usage", "disk_usage",
	"load_average", "epoch", "nodes_online", "nodes_draining")
local epoch = tonumber(sums[5] or 0)
local members = (sums[6] or 0) + (sums[7] or 0) + (v[STATUS] == "offline" and 1 or 0)
local stretch = liveness.stretch(members, interval_ms, tonumber(rate))
if stretch > 1 then
	interval_ms, ttl_ms = text.int(math.ceil(interval_ms * stretch)), text.int(math.ceil(ttl_ms * stretch))
end
local leader, _, term = lease.holder()

-- Nearly always nothing but the figures is new.
if v[STATUS] ~= "offline" and v[SUSPECT] ~= "1" and (status == "" or status == v[STATUS])
	and (healthy == "" or healthy == v[HEALTHY]) and (incarnation == "" or incarnation == v[INCARNATION])
	and (tonumber(epoch_seen) or 0) <= epoch and (tonumber(term_seen) or 0) <= (tonumber(term) or 0) then
	local score = figures.take(settings, id, v, sums, cpu, memory, disk, load_average, now, ttl_ms)
	local reply = { "ok", "", leader or "", term or "",
		node_row.of(id, v, leader, v[HEALTHY] == "1", score), text.int(epoch), interval_ms, ttl_ms }
	return key and idempotency.keep(key, request, keep_ms, reply) or reply
end

leader, term = fencing.lift(leader, term, term_seen, epoch_seen)
local before = nodes.load(id)
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
return idempotency.keep(key, request, keep_ms, { "ok", event, leader or "", term or "",
	node_row.read(id, settings), text.int(totals.get("epoch")), interval_ms, ttl_ms })
