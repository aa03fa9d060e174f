#!lua
-- Gives agents to nodes, in order, or answers with the assignments that already stand. Where others wait for
-- the same services, what room there is is theirs.
-- ARGV: lines, one item for each agent: services is a list, strategy "" for the cluster's, metadata JSON or
--   "", queue "1" to wait for capacity instead of failing; all ("1": where one cannot be placed, none is);
--   and as lib/idempotency.lua wants them key, request, keep_ms.
-- Reply: {"ok", last event id or "", item, item, …} for the first ones: the more classes of nodes there are
--   to look through, and the more refusals, the fewer. An item's outcome is "created", "exists", "pending" or
--   "failed". {"more"} while an index that a strategy needs is being built.
-- Errors: IDEMPOTENCY_MISMATCH; where all are to be placed, those of an item: UNKNOWN_STRATEGY,
--   ASSIGNMENT_CONFLICT, NO_CAPACITY with its reasons.

local assignments = require("lib.assignments")
local chooser = require("lib.chooser")
local classes = require("lib.classes")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local indexes = require("lib.indexes")
local item_row = require("lib.rows.item")
local pending = require("lib.pending")
local strategies = require("lib.strategies")
local text = require("lib.text")
local totals = require("lib.totals")
local tx = require("lib.tx")

local lines, all, key, request, keep_ms = unpack(ARGV)
replies({ "assignment" })
if key then
	local earlier = idempotency.replay(key, request)
	if earlier then
		return earlier
	end
end

local ITEM = item("agent_id", "services", "strategy", "metadata", "queue")
local REFUSALS_MAX = 4 -- distinct ones, each of which looks at all classes

-- What is asked for. strategy: by which; false where there is none of that name. waits: true where it is to
-- wait for capacity.
local t = tx.open()
local items, ids, strategy, waits = {}, {}, {}, {}
for id, services, asked, metadata, queue in string.gmatch(lines, ITEM) do
	local n = #ids + 1
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
	outcomes[i], items[i], stands[a.id] = "exists", earlier, earlier
	return nil
end

-- Gives the agent a node or a place in the queue. Returns an error, or nil.
local function assign(i, a)
	local node = pending.waiting(t, a.services) == 0 and chooser.choose(t, a.services, strategy[i])
	if node then
		assignments.attach(t, a, node, strategy[i])
		outcomes[i] = "created"
	elseif waits[i] then
		assignments.enqueue(t, a, strategy[i])
		outcomes[i] = "pending"
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
		outcomes[i], items[i] = failed, false
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
		reply[i + 2] = item_row("failed", "", outcome)
	else
		reply[i + 2] = assignments.row(t, a, item_row(outcome, outcome == "exists" and "" or a.event_id, ""))
	end
end
return key and idempotency.keep(key, request, keep_ms, reply) or reply
