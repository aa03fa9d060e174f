#!lua
-- Gives agents to nodes, in order, or answers with the assignments that already stand. Where others wait for
-- the same services, what room there is is theirs.
-- ARGV: items, a line for each agent: agent_id, or agent_id, services (list), strategy or "", metadata (JSON
--   or ""), queue ("1" to wait for capacity instead of failing), a tab between them; all ("1": where one
--   cannot be placed, none is); and as lib/idempotency.lua wants them key, request, keep_ms.
-- Reply: {"ok", last event id or "", item, item, …} for the first ones: the more classes of nodes there are
-- to
--   look through, and the more refusals, the fewer. An item is "created", "exists" or "pending", the event id
--   or "", and the assignment row, or "failed", "" and the error, a tab between them. {"more"} while an index
--   that a strategy needs is being built.
-- Errors: IDEMPOTENCY_MISMATCH; where all are to be placed, those of an item: UNKNOWN_STRATEGY,
--   ASSIGNMENT_CONFLICT, NO_CAPACITY with its reasons.

local assignments = require("lib.assignments")
local chooser = require("lib.chooser")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local indexes = require("lib.indexes")
local pending = require("lib.pending")
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

-- Each item becomes an assignment, or the text of its error.
local t = tx.open()
local items, ids = {}, {}
for id, rest in string.gmatch(lines, ITEM) do
	local a = { id = id, services = "", metadata = "", node = nil, epoch = nil, strategy = nil, event = nil,
		event_id = nil }
	if rest ~= "" then
		local services, asked, metadata, queue = string.match(rest, FIELDS)
		a.services, a.metadata = services, metadata
		if asked ~= "" then
			a.asked, items.asked = asked, true
		end
		if queue == "1" then
			a.waits = true
		end
	end
	items[#items + 1], ids[#ids + 1] = a, id
end
local standing = assignments.standing(ids)
if not indexes.prepare(t, items, standing) then
	return { "more" }
end
local number = chooser.budget(t, #items)
totals.fetch(t, "epoch", "pending", "placed_requested_" .. t.strategy)

local earlier = {} -- by id: the assignments of earlier lines
for i = 1, number do
	local a = items[i]
	local id, services = a.id, a.services
	local strategy, failed = a.asked or t.strategy, nil
	local stands = earlier[id] or standing and standing[id] and assignments.load(id)
	if a.is_unknown then
		failed = "UNKNOWN_STRATEGY strategy: there is none named '" .. strategy .. "'"
	elseif stands then
		failed = assignments.refuse_other(stands, services)
		items[i] = stands
	else
		local node = pending.waiting(t, services) == 0 and chooser.choose(t, services, strategy)
		if node then
			assignments.attach(t, a, node, strategy)
		elseif a.waits then
			assignments.enqueue(t, a, strategy)
		else
			failed = pending.refuse(t, services)
		end
		if a.asked and not failed then
			indexes.note(t, strategy)
		end
	end
	if failed then
		if all == "1" then
			fail(string.match(failed, "^(%S+) ?(.*)$"))
		end
		items[i] = "failed\t\t" .. failed
		if t.n_refusals == REFUSALS_MAX then
			number = i
			break
		end
	elseif number > 1 then
		earlier[id] = items[i]
	end
end

local reply = { "ok", tx.commit(t) }
for i = 1, number do
	local a = items[i]
	if a.event and not a.told then
		a.told = true
		reply[i + 2] = assignments.row(t, a, (a.node and "created\t" or "pending\t") .. a.event_id .. "\t")
	else
		reply[i + 2] = a.id and assignments.row(t, a, "exists\t\t") or a
	end
end
if key then
	return idempotency.keep(key, request, keep_ms, reply)
end
return reply
