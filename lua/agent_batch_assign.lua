#!lua
-- Gives many agents to nodes, each as agent_assign would, in their order.
-- ARGV: items, a line for each agent: agent_id, or agent_id, services (list), strategy or "",
--   metadata (JSON or ""), queue ("1" to wait for capacity), a tab between them; all ("1": where
--   one cannot be placed, none is); and as lib/idempotency wants them key, request, keep_ms.
-- Reply: {"ok", last event id or "", item, item, …} for the first ones: the more classes of nodes there
--   are to look through, and the more refusals, the fewer. An item is agent_assign's reply as one
--   text, a tab between its elements, or "failed", "" and the error as it would be raised. {"more"} while
--   an index is being built.
-- Errors: IDEMPOTENCY_MISMATCH; where all are to be placed, those of agent_assign.

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

local lines, all, key, request, keep_ms = unpack(ARGV)
if key then
	local earlier = idempotency.replay(key, request)
	if earlier then
		return earlier
	end
end

local ids, services, strategy_asked, metadata, queue = {}, {}, {}, {}, {}
local plain = not key
for line in string.gmatch(lines, "[^\n]+") do
	local n = #ids + 1
	if string.find(line, "\t", 1, true) then
		ids[n], services[n], strategy_asked[n], metadata[n], queue[n] =
			string.match(line, "^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
		plain = plain and strategy_asked[n] == ""
	else
		ids[n] = line
	end
end
if plain then
	local reply = shortcut.create(settings, ids, services, metadata)
	if reply then
		return reply
	end
end

-- What is asked for: { a, strategy, queue }, with failed where that is wrong already.
local items = {}
for i = 1, #ids do
	local asked = strategy_asked[i] or ""
	-- Tables grow at a price: what an assignment comes to hold is named at once.
	local item = { queue = queue[i] == "1", strategy = settings.strategy, outcome = "", node = nil,
		event = "", failed = nil, a = { id = ids[i], services = services[i] or "",
			metadata = metadata[i] or "", reason = "requested", epoch = nil, assigned_at = nil,
			node_id = nil, status = nil, strategy = nil } }
	if asked ~= "" then
		item.strategy = strategies.named(asked)
		item.a.asked = item.strategy
		item.failed = not item.strategy and "UNKNOWN_STRATEGY strategy: there is none named '" .. asked .. "'"
	end
	items[i] = item
end
local some_stand = assignments.any_exists(ids)
for i = 1, #items do
	local strategy = items[i].strategy
	if strategy and not indexes.complete(settings, strategy)
		and not (some_stand and assignments.exists(ids[i])) then
		indexes.build(settings, strategy)
		return { "more" }
	end
end
local number = chooser.budget(settings, #items)
chooser.expect(number)

local now = clock.now()
assignments.begin(settings.strategy)

local REFUSALS_MAX = 4 -- distinct ones, each of which looks at all classes
local refusals, distinct = {}, 0 -- by services; how many
local function refusal(wanted)
	if not refusals[wanted] then
		distinct = distinct + 1
		local waiting = totals.get("pending") > 0 and pending.waiting(wanted) or 0
		refusals[wanted] = "NO_CAPACITY " .. (waiting > 0 and "waiting=" .. waiting
			or placement.refusal(wanted, chooser.lapsed()))
	end
	return refusals[wanted]
end

-- Decides, and writes nothing yet.
local planned = {} -- by id: what an earlier line has asked for
for i = 1, number do
	local item = items[i]
	local a = item.a
	local standing = planned[a.id] or some_stand and assignments.load(a.id)
	if item.failed then
		item.outcome = "failed"
	elseif standing and text.sorted(standing.services) ~= text.sorted(a.services) then
		item.outcome = "failed"
		item.failed = "ASSIGNMENT_CONFLICT services: the agent stands with '" .. standing.services .. "'"
	elseif standing then
		item.outcome, item.a = "exists", standing
	else
		local waits = totals.get("pending") > 0 and pending.waiting(a.services) > 0
		local node = not waits and chooser.choose(settings, a.services, item.strategy)
		if node then
			item.outcome, item.node = "created", node
			assignments.plan(a, node, item.strategy, now)
			planned[a.id] = a
		elseif item.queue then
			item.outcome = "pending"
			planned[a.id] = a
		else
			item.outcome, item.failed = "failed", refusal(a.services)
		end
	end
	if all == "1" and item.failed then
		fail(string.match(item.failed, "^(%S+) ?(.*)$"))
	elseif distinct == REFUSALS_MAX then
		number = i
		break
	end
end

local event = ""
for i = 1, number do
	local item = items[i]
	if item.outcome == "created" then
		item.event = assignments.record(item.a)
	elseif item.outcome == "pending" then
		item.event = assignments.enqueue(item.a, item.strategy, now)
	end
	event = item.event ~= "" and item.event or event
	if item.a.asked and not item.failed then
		indexes.note(settings, item.a.asked, now)
	end
end
assignments.flush(settings)

local reply = { "ok", event }
for i = 1, number do
	local item = items[i]
	reply[i + 2] = item.failed and "failed\t\t" .. item.failed
		or item.outcome .. "\t" .. item.event .. "\t" .. assignments.row(item.a, item.node)
end
if key then
	return idempotency.keep(key, request, keep_ms, reply)
end
return reply
