#!lua
-- Gives agents to nodes, in order, or answers with the assignments that already stand. Where others wait for
-- the same services, what room there is is theirs.
-- ARGV: items, a line for each agent: agent_id, or agent_id, services (list), strategy or "", metadata (JSON
--   or ""), queue ("1" to wait for capacity instead of failing), a tab between them; all ("1": where one cannot
--   be placed, none is); and as lib/idempotency.lua wants them key, request, keep_ms.
-- Reply: {"ok", last event id or "", item, item, …} for the first ones: the more classes of nodes there are to
--   look through, and the more refusals, the fewer. An item is "created", "exists" or "pending", the event id
--   or "", and the assignment row, or "failed", "" and the error, a tab between them. {"more"} while an index
--   that a strategy needs is being built.
-- Errors: IDEMPOTENCY_MISMATCH; where all are to be placed, those of an item: UNKNOWN_STRATEGY,
--   ASSIGNMENT_CONFLICT, NO_CAPACITY with its reasons.

local assignments = require("lib.assignments")
local chooser = require("lib.chooser")
local classes = require("lib.classes")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local indexes = require("lib.indexes")
local pending = require("lib.pending")
local strategies = require("lib.strategies")
local text = require("lib.text")
local totals = require("lib.totals")
local tx = require("lib.tx")

local lines, all, key, request, keep_ms = unpack(ARGV)
if key then
	local earlier = idempotency.replay(key, request)
	if earlier then
		return earlier
	end
end

local ITEM = "([^\t\n]+)\t?([^\n]*)\n"
local FIELDS = "^([^\t]*)\t?([^\t]*)\t?([^\t]*)\t?(.*)$"
local REFUSALS_MAX = 4 -- distinct ones, each of which looks at all classes

-- What is asked for. strategy: by which; false where there is none of that name. waits: true where it is to
-- wait for capacity.
local t = tx.open()
local items, ids, strategy, waits = {}, {}, {}, {}
for id, rest in string.gmatch(lines, ITEM) do
	local n = #ids + 1
	local services, asked, metadata, queue = "", "", "", ""
	if rest ~= "" then
		services, asked, metadata, queue = string.match(rest, FIELDS)
	end
	local a = { id = id, services = services, metadata = metadata, node = nil, epoch = nil, strategy = nil,
		event = nil, event_id = nil }
	if asked == "" then
		strategy[n] = t.strategy
	else
		strategy[n] = strategies.name_of(asked) or false
		a.asked = strategy[n] or asked
	end
	items[n], ids[n], waits[n] = a, id, queue == "1"
end

local standing = assignments.standing(ids)
local checked
for i = 1, #ids do
	local name = strategy[i]
	if name ~= checked and name and not (standing and standing[ids[i]]) then
		if not indexes.complete(t, name) then
			indexes.build(t, name)
			return { "more" }
		end
		checked = name
	end
end
local number = chooser.budget(t, #ids)
chooser.expect(t, number)
totals.fetch(t, "epoch", "pending", "placed_requested_" .. t.strategy)

local refusals, distinct = {}, 0 -- by services; how many
local function refusal(services)
	if not refusals[services] then
		local waiting = pending.waiting(t, services)
		distinct = distinct + 1
		refusals[services] = "NO_CAPACITY " .. (waiting > 0 and "waiting=" .. waiting
			or classes.refusal(t, services))
	end
	return refusals[services]
end

local stands = {} -- by id: assignments that stand, or that an earlier line makes
local outcomes = {}

-- Answers with the assignment that stands. Returns an error, or nil.
local function keep_standing(i, a, earlier)
	if text.sorted(earlier.services) ~= text.sorted(a.services) then
		return "ASSIGNMENT_CONFLICT services: the agent stands with '" .. earlier.services .. "'"
	end
	outcomes[i], items[i], stands[a.id] = "exists\t\t", earlier, earlier
	return nil
end

-- Gives the agent a node or a place in the queue. Returns an error, or nil.
local function assign(i, a)
	local node = pending.waiting(t, a.services) == 0 and chooser.choose(t, a.services, strategy[i])
	if node then
		assignments.attach(t, a, node, strategy[i])
		outcomes[i] = "created\t"
	elseif waits[i] then
		assignments.enqueue(t, a, strategy[i])
		outcomes[i] = "pending\t"
	else
		return refusal(a.services)
	end
	if a.asked then
		indexes.note(t, strategy[i])
	end
	stands[a.id] = a
	return nil
end

for i = 1, number do
	local a, failed = items[i], nil
	local earlier = stands[a.id] or standing and standing[a.id] and assignments.load(a.id)
	if not strategy[i] then
		failed = "UNKNOWN_STRATEGY strategy: there is none named '" .. a.asked .. "'"
	elseif earlier then
		failed = keep_standing(i, a, earlier)
	else
		failed = assign(i, a)
	end
	if failed then
		if all == "1" then
			fail(string.match(failed, "^(%S+) ?(.*)$"))
		end
		outcomes[i] = "failed\t\t" .. failed
		items[i] = false
		if distinct == REFUSALS_MAX then
			number = i
			break
		end
	end
end

local reply = { "ok", tx.commit(t) }
for i = 1, number do
	local a, outcome = items[i], outcomes[i]
	if not a then
		reply[i + 2] = outcome
	else
		if outcome ~= "exists\t\t" then
			outcome = outcome .. a.event_id .. "\t"
		end
		reply[i + 2] = assignments.row(t, a, outcome)
	end
end
return key and idempotency.keep(key, request, keep_ms, reply) or reply
