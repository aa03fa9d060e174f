#!lua
-- Gives an agent to a node, or answers with the assignment that already stands. Where others wait
-- for the same services, what room there is is theirs.
-- ARGV: agent_id, services (list), strategy or "", metadata (JSON or ""), queue ("1" to wait
--   for capacity instead of failing); and as lib/idempotency wants them key, request, keep_ms.
-- Reply: {"created" | "exists" | "pending", event id or "", assignment row}; {"more"} while an
--   index that the strategy needs is being built.
-- Errors: IDEMPOTENCY_MISMATCH, UNKNOWN_STRATEGY, ASSIGNMENT_CONFLICT, NO_CAPACITY with its reasons.

local assignments = require("lib.assignments")
local clock = require("lib.clock")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local indexes = require("lib.indexes")
local nodes = require("lib.nodes")
local pending = require("lib.pending")
local placement = require("lib.placement")
local settings = require("lib.settings").load()
local strategies = require("lib.strategies")
local text = require("lib.text")
local totals = require("lib.totals")

local agent_id, services, asked, metadata, queue = unpack(ARGV)
local key, request, keep_ms = ARGV[6], ARGV[7], ARGV[8]
local earlier = idempotency.replay(key, request)
if earlier then
	return earlier
end
local strategy = settings.strategy
if asked ~= "" then
	strategy = strategies.named(asked)
		or fail("UNKNOWN_STRATEGY", "strategy: there is none named '" .. asked .. "'")
end

local standing = assignments.load(agent_id)
if standing then
	if text.sorted(standing.services) ~= text.sorted(services) then
		fail("ASSIGNMENT_CONFLICT", "services: the agent stands with '" .. standing.services .. "'")
	end
	return idempotency.keep(key, request, keep_ms, { "exists", "", assignments.row(standing) })
end
if not indexes.prepare(settings, strategy) then
	return { "more" }
end

local wanted = text.split(services)
local now = clock.now()
assignments.begin(strategy)
local waiting = totals.get("pending") > 0 and pending.waiting(services) or 0
local id, skipped
if waiting == 0 then
	id, skipped = placement.choose(wanted, strategy)
end
if not id and queue ~= "1" then
	fail("NO_CAPACITY", waiting > 0 and "waiting=" .. waiting or placement.refusal(wanted, skipped))
end

local a = { id = agent_id, services = services, metadata = metadata, reason = "requested",
	asked = asked ~= "" and strategy or nil }
local node, event
if id then
	node, event = assignments.attach(settings, a, nodes.load(id), strategy, now)
else
	event = assignments.enqueue(a, strategy, now)
end
indexes.note(settings, strategy, now)
totals.flush()
return idempotency.keep(key, request, keep_ms,
	{ id and "created" or "pending", event, assignments.row(a, node) })
