#!lua
-- A node's heartbeat. What is "" keeps its last value. An offline node comes back online.
-- ARGV: id, cpu_usage, memory_usage, disk_usage (percent), load_average, healthy ("1", "0"),
--   status ("online", "draining"), heartbeat_ttl_ms.
-- Reply: {"ok", event id or "" where nothing but figures changed, leader id or "", term or "",
--   node row}.
-- Errors: NODE_NOT_FOUND: the client registers again.

local assignments = require("lib.assignments")
local clock = require("lib.clock")
local events = require("lib.events")
local fail = require("lib.fail")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local node_row = require("lib.node_row")
local placement = require("lib.placement")
local settings = require("lib.settings").load()
local text = require("lib.text")
local totals = require("lib.totals")

local id, cpu, memory, disk, load_average, healthy, status, ttl_ms = unpack(ARGV)
local before = nodes.load(id)
if not before or before.leaving == "1" then
	fail("NODE_NOT_FOUND", "id: there is no node '" .. id .. "'")
end

local now = clock.now()
local after = nodes.copy(before)
after.suspect = ""
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
	assignments.begin()
	assignments.room_made(settings, now)
end
totals.flush()
local leader, _, term = lease.holder()
return { "ok", event, leader or "", term or "", node_row.read(id, settings) }
