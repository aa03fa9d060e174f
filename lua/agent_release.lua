#!lua
-- Releases agents. The places that become free go to the oldest pending agents that fit.
-- ARGV: lines, one item for each agent (epoch "": any); all ("1": if one agent cannot be released, none
--   is, and its error is raised; or as lib/batches.lua reads it); forgotten: idempotency keys whose replies
--   are no longer true, one per line, or "".
-- Reply: {"ok", id of the last release's event or "", item, item, …}, for the first items or all: while
--   agents are pending, a call releases no more agents than it can replace. An item's outcome is
--   "deleted" or "failed"; it has no row.
-- Errors, of an item: ASSIGNMENT_NOT_FOUND; STALE_EPOCH if the agent has another epoch. OUTCOME_UNKNOWN if a
--   batch cannot be undone any more.

local assignments = require("lib.assignments")
local batches = require("lib.batches")
local chooser = require("lib.chooser")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local item_row = require("lib.rows.item")
local queue = require("lib.queue")
local totals = require("lib.totals")
local tx = require("lib.tx")
local waiting = require("lib.waiting")

local lines, all, forgotten = unpack(ARGV)
replies()
local ITEM = item("agent_id", "epoch")

local batch = #all > 1 and batches.read_undo(all) or nil
local t = tx.open()
totals.fetch(t, "pending", "departed")
-- The number of agents to release: while agents are pending, as many as can be placed afterwards.
local most = all ~= "1" and totals.get(t, "pending") > 0 and chooser.budget(t, queue.ROOM_MAX)
	or math.huge
local items, seen, released = {}, {}, 0
for id, epoch in string.gmatch(lines, ITEM) do
	local a = not seen[id] and assignments.load_briefly(id)
	local failed
	if not a then
		failed = "ASSIGNMENT_NOT_FOUND agent_id: there is no assignment of '" .. id .. "'"
	elseif batch and not batches.has_placed(batch, id) then
		failed = "ASSIGNMENT_NOT_FOUND agent_id: the assignment of '" .. id .. "' is no longer the batch's"
	elseif epoch ~= "" and epoch ~= a.epoch and not batch then
		failed = "STALE_EPOCH epoch: the assignment's is " .. a.epoch
	else
		seen[id] = true
		released = released + 1
		assignments.release(t, a, "released")
	end
	if all == "1" and failed then
		fail(string.match(failed, "^(%S+) ?(.*)$"))
	end
	items[#items + 1] = failed or a
	if released == most or all ~= "1" and t.match_us and waiting.is_enough(t) then
		break
	end
end

local own = #t.log -- the events of the releases; those of the agents placed afterwards follow
if released > 0 then
	queue.room_made(t)
end
tx.commit(t)
for key in string.gmatch(forgotten or "", "[^\n]+") do
	idempotency.forget(key)
end
local reply = { "ok", own > 0 and t.log[own].event_id or "" }
for i = 1, #items do
	local item = items[i]
	reply[i + 2] = item.event_id and item_row("deleted", item.event_id, "") or item_row("failed", "", item)
end
return reply
