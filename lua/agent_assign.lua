#!lua
-- Gives an agent to a node, or answers with the assignment that already stands. Where others wait
-- for the same services, what room there is is theirs.
-- ARGV: agent_id, services (list), strategy or "", metadata (JSON or ""), queue ("1" to wait
--   for capacity instead of failing); and as lib/idempotency wants them key, request, keep_ms.
-- Reply: {"created" | "exists" | "pending", event id or "", assignment row}; {"more"} while an
--   index that the strategy needs is being built.
-- Errors: IDEMPOTENCY_MISMATCH, UNKNOWN_STRATEGY, ASSIGNMENT_CONFLICT, NO_CAPACITY with its reasons.

local assignments = require("lib.assignments")
local chooser = require("lib.chooser")
local clock = require("lib.clock")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local indexes = require("lib.indexes")
local pending = require("lib.pending")
local placement = require("lib.placement")
local settings = require("lib.settings").load()
local shortcut = require("lib.shortcut")
local strategies = require("lib.strategies")
local text = require("lib.text")
local totals = require("lib.totals")

local agent_id, services, asked, metadata, queue, key, request, keep_ms = unpack(ARGV)
if key then
	local earlier = idempotency.replay(key, request)
	if earlier then
		return earlier
	end
end
if asked == "" and not key then
	local reply = shortcut.create(settings, { agent_id }, { services }, { metadata })
	if reply then
		return { string.match(reply[3], "^(%l+)\t([^\t]+)\t(.*)$") }
	end
end
local strategy = settings.strategy
if asked ~= "" then
	strategy = strategies.named(asked)
		or fail("UNKNOWN_STRATEGY", "strategy: there is none named '" .. asked .. "'")
end

if assignments.exists(agent_id) then
	local standing = assignments.load(agent_id)
	if text.sorted(standing.services) ~= text.sorted(services) then
		fail("ASSIGNMENT_CONFLICT", "services: the agent stands with '" .. standing.services .. "'")
	end
	return idempotency.keep(key, request, keep_ms, { "exists", "", assignments.row(standing) })
end
if not indexes.complete(settings, strategy) then
	indexes.build(settings, strategy)
	return { "more" }
end

local now = clock.now()
assignments.begin(strategy)
local waiting = 0
if totals.get("pending") > 0 then
	waiting = pending.waiting(services)
end
local node = waiting == 0 and chooser.choose(settings, services, strategy)
local a = { id = agent_id, services = services, metadata = metadata, reason = "requested" }
if asked ~= "" then
	a.asked = strategy
	indexes.note(settings, strategy, now)
end
if not node then
	if queue ~= "1" then
		fail("NO_CAPACITY", waiting > 0 and "waiting=" .. waiting or placement.refusal(services, chooser.lapsed()))
	end
	local event = assignments.enqueue(a, strategy, now)
	assignments.flush(settings)
	return idempotency.keep(key, request, keep_ms, { "pending", event, assignments.row(a) })
end
local event = assignments.attach(a, node, strategy, now)
assignments.flush(settings)
local reply = { "created", event, assignments.row(a, node) }
if key then
	return idempotency.keep(key, request, keep_ms, reply)
end
return reply
