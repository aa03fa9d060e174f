#!lua
-- Registers a node, or updates the record of a known node, which keeps its agents. Counts as a heartbeat.
-- A draining node stays draining; an offline node comes back online.
-- ARGV: id, hostname, ip_address, port, role, max_agents, services (separated by commas), labels
--   ("key=value,…"), zone, weight, resources ("name=amount,…"); ttl_ms and interval_ms of heartbeats and
--   their rate, which lib/liveness.lua stretches;
--   and as lib/idempotency.lua takes them: key, request, keep_ms.
-- Reply: {"created" | "exists", event id, node row}.
-- Errors: IDEMPOTENCY_MISMATCH, TOO_MANY_CLASSES.

local address_row = require("lib.rows.address")
local classes = require("lib.classes")
local events = require("lib.events")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local nodes = require("lib.nodes")
local node_events = require("lib.node_events")
local node_row = require("lib.node_row")
local profile_row = require("lib.rows.profile")
local report_row = require("lib.rows.report")
local queue = require("lib.queue")
local spread = require("lib.spread")
local text = require("lib.text")
local totals = require("lib.totals")
local tx = require("lib.tx")
local usage = require("lib.usage")

local id, hostname, ip_address, port, role, max_agents, services, labels, zone, weight, resources,
	ttl_ms, interval_ms, rate, key, request, keep_ms = unpack(ARGV)
replies("node")
local earlier = idempotency.replay(key, request)
if earlier then
	return earlier
end
local t = tx.open()
totals.fetch(t, "incarnation", "nodes_online", "nodes_draining", "pending")
local node, class = nodes.load(t, id), classes.name(role, services)
local refused = classes.refuse(t, class, node)
if refused then
	fail(string.match(refused, "^(%S+) ?(.*)$"))
end
local known = node ~= nil
if known then
	liveness.return_of(t, node)
end
local record = { role = role, address = address_row(hostname, ip_address, port), class = class,
	max_agents = tonumber(max_agents), weight = weight, healthy = "1", suspect = "", leaving = "",
	status = known and node.status == "draining" and "draining" or "online",
	profile = profile_row(services, labels, zone, known and node_row.registered_at(node) or t.at, resources) }
if known then
	record.incarnation = text.int(node.incarnation + 1)
	local profile = node.profile
	nodes.change(t, node, record)
	if node.profile ~= profile then
		spread.move(t, node, profile)
	end
else
	record.incarnation = text.int(totals.get(t, "incarnation") + 1)
	record.active_agents, record.chosen, record.report = 0, "0", report_row(usage.NONE, t.at, ttl_ms)
	node = nodes.add(t, id, record)
end
ttl_ms = text.int(math.ceil(ttl_ms * liveness.stretch(liveness.members(t), interval_ms, tonumber(rate))))
liveness.beat(t, id, ttl_ms)
nodes.report(t, node, "", "", "", "", ttl_ms)
local event = node_events.add(t, "node.registered", node, "created", known and "0" or "1")
queue.room_made(t)
tx.commit(t)
return idempotency.keep(key, request, keep_ms, { known and "exists" or "created", events.id(event),
	node_row.of(t, node, lease.holder(), true) })
