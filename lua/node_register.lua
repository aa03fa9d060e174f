#!lua
-- Registers a node, or updates the record of one that is known and keeps its agents. Counts as
-- a heartbeat. A draining node stays draining; an offline one comes back online.
-- ARGV: id, hostname, ip_address, port, role, max_agents, services (list), labels (JSON), zone,
--   weight, heartbeat_ttl_ms, heartbeat_interval_ms and heartbeat_rate as lib/liveness stretches
--   them; and as lib/idempotency wants them key, request, keep_ms.
-- Reply: {"created" | "exists", event id, node row}.
-- Errors: IDEMPOTENCY_MISMATCH, TOO_MANY_CLASSES.

local assignments = require("lib.assignments")
local clock = require("lib.clock")
local events = require("lib.events")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local keys = require("lib.keys")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local node_row = require("lib.node_row")
local placement = require("lib.placement")
local settings = require("lib.settings").load()
local text = require("lib.text")
local totals = require("lib.totals")

local id, hostname, ip_address, port, role, max_agents, services, labels, zone, weight, ttl_ms,
	interval_ms, rate = unpack(ARGV)
local key, request, keep_ms = ARGV[14], ARGV[15], ARGV[16]
local earlier = idempotency.replay(key, request)
if earlier then
	return earlier
end
local class = nodes.class(role, services)
if redis.call("SISMEMBER", keys.classes, class) == 0
	and redis.call("SCARD", keys.classes) >= placement.CLASSES_MAX then
	fail("TOO_MANY_CLASSES", "services: these would make more than " .. placement.CLASSES_MAX
		.. " distinct sets of role and services")
end

local now = clock.now()
local before = nodes.load(id)
totals.fetch("incarnation", "nodes_online", "nodes_draining")
local after = before and nodes.copy(before)
	or { id = id, active_agents = 0, chosen = 0, incarnation = totals.get("incarnation"),
		cpu_usage = 0, memory_usage = 0,
		disk_usage = 0, load_average = 0, status = "online" }
after.address = hostname .. "\t" .. ip_address .. "\t" .. port
after.role, after.class = role, class
after.max_agents, after.weight = tonumber(max_agents), tonumber(weight)
after.incarnation = after.incarnation + 1
after.healthy, after.suspect, after.leaving = "1", "", ""
if after.status == "offline" then
	after.status = "online"
end

assignments.begin(settings.strategy)
local registered = before and node_row.registered_at(id) or text.int(now)
local joining = (not before or before.status == "offline") and 1 or 0
ttl_ms = math.ceil(ttl_ms * liveness.stretch(liveness.members() + joining, interval_ms, tonumber(rate)))
liveness.beat(id, before, now, ttl_ms)
redis.call("ZADD", keys.nodes, 0, id)
nodes.save(settings, before, after, "profile", node_row.profile(services, labels, zone, registered),
	"last_heartbeat", text.int(now), "heartbeat_ttl_ms", ttl_ms)
local event = events.emit("node.registered", "node_id", id)
assignments.room_made(settings, now)
assignments.flush(settings)
return idempotency.keep(key, request, keep_ms,
	{ before and "exists" or "created", event, node_row.read(id, settings) })
