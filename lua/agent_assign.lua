#!lua
-- Gives agents to nodes, in order, or answers with the assignments that already stand. Where others wait for
-- the same nodes, the places that they need are theirs (lib/newcomers.lua).
-- ARGV: lines, one item for each agent: services is a list, strategy "" for the cluster's, metadata JSON or
--   "", terms as lib/requirements.lua has them; all ("1": where one cannot be placed, none is; or
--   as lib/batches.lua reads it); and as lib/idempotency.lua wants them key, request, keep_ms.
-- Reply: {"ok", last event id or "", item, item, …} for the first ones: the more classes of nodes there are
--   to look through, and the more refusals and new lists of services in the queue, the fewer. An item's
--   outcome is "created", "exists", "pending" or "failed". {"more"} while an index that a strategy needs is
--   being built.
-- Errors: IDEMPOTENCY_MISMATCH; where all are to be placed, those of an item: UNKNOWN_STRATEGY,
--   ASSIGNMENT_CONFLICT, BATCH_RUNNING, NO_CAPACITY with its reasons; of a batch OUTCOME_UNKNOWN.

local assignments = require("lib.assignments")
local batches = require("lib.batches")
local chooser = require("lib.chooser")
local fail = require("lib.fail")
local fitness = require("lib.fitness")
local idempotency = require("lib.idempotency")
local indexes = require("lib.indexes")
local item_row = require("lib.rows.item")
local newcomers = require("lib.newcomers")
local pending = require("lib.pending")
local replays = require("lib.replays")
local requirements = require("lib.requirements")
local strategies = require("lib.strategies")
local totals = require("lib.totals")
local tx = require("lib.tx")
local waiting = require("lib.waiting")

local lines, all, key, request, keep_ms = unpack(ARGV)
replies({ "assignment" })
if key then
	local earlier = idempotency.replay(key, request)
	if earlier then
		return replays.present(earlier)
	end
end

local batch
if #all > 1 then
	all, batch = batches.read(all)
end
local ITEM = item("agent_id", "services", "strategy", "metadata", "terms")
local REFUSALS_MAX = 4 -- distinct ones, each of which looks at all classes

-- Each item becomes an assignment, or the text of its error.
local t = tx.open()
local items, ids = {}, {}
for id, services, asked, metadata, terms in string.gmatch(lines, ITEM) do
	local a = { id = id, services = services, metadata = metadata, requires = "", priority = "", node = nil,
		epoch = nil, placed = nil, event = nil, event_id = nil }
	if asked ~= "" then
		local name = strategies.name_of(asked)
		a.asked, a.is_unknown = name or asked, not name
	end
	if terms ~= "" then
		requirements.take(a, terms)
	end
	items[#items + 1], ids[#ids + 1] = a, id
end

local standing = assignments.standing(ids)
local number = chooser.budget(t, #items)
totals.fetch(t, "epoch", "pending", "created", "placed_requested_" .. t.strategy)

local earlier, again = {}, nil -- by id: the assignments of earlier lines
for i = 1, number do
	local a = items[i]
	local id, services = a.id, a.services
	local strategy, failed = a.asked or t.strategy, nil
	local stands = earlier[id] or standing and standing[id] and assignments.load(id)
	if t.totals.pending > 0 and not stands then
		newcomers.judge(t, services)
	end
	if a.is_unknown then
		failed = "UNKNOWN_STRATEGY strategy: there is none named '" .. strategy .. "'"
	elseif stands then
		failed = assignments.refuse_other(stands, a) or stands.batch and batches.refuse(stands, batch)
		items[i] = stands
	elseif indexes.missing(t, strategy, services, a.waits) then
		-- Nothing has been written: the call begins again when the index is complete.
		indexes.build(tx.open(), strategy)
		return { "more" }
	else
		local node
		if not a.is_special then
			node = chooser.choose(t, services, strategy)
		elseif not pending.has_group(a) then
			node, again = assignments.choose(t, a, strategy)
		end
		if node then
			assignments.attach(t, a, node, strategy)
			if t.spare then
				newcomers.took(t, node)
			end
		elseif a.waits and not again then
			assignments.enqueue(t, a, strategy)
		elseif not again then
			failed = "NO_CAPACITY " .. pending.reasons(t, a)
		end
		if a.asked and not failed and not again then
			indexes.note(t, strategy)
		end
	end
	if again then
		-- A part of the work is done, and the next call goes on with this item.
		if i == 1 then
			return { "more" }
		end
		number = i - 1
		break
	end
	if failed then
		if all == "1" then
			fail(string.match(failed, "^(%S+) ?(.*)$"))
		end
		items[i] = item_row("failed", "", failed)
	elseif number > 1 then
		earlier[id] = items[i]
	end
	if t.n_refusals == REFUSALS_MAX or t.match_us and waiting.is_enough(t)
		or a.is_special and fitness.is_enough(t) then
		number = i
		break
	end
end

local dry = items[1].dry
if batch and not dry then
	batches.note(t, batch, items, number)
end
local reply = { "ok", dry and "" or tx.commit(t) }
assignments.answer(t, items, number, reply, dry)
return key and idempotency.keep(key, request, keep_ms, reply) or reply
