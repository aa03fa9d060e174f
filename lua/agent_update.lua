#!lua
-- Changes an agent's metadata and priority, whether it waits or is on a node. ARGV: id; metadata (JSON, "{}"
-- for none, "" to keep it); priority (0 to 100, "" to keep it); epoch ("" for any). Reply: {"ok", event id,
-- assignment row}. The event id is "" where nothing has changed. Errors: ASSIGNMENT_NOT_FOUND; STALE_EPOCH if
-- the agent has another epoch; BATCH_RUNNING.

local assignments = require("lib.assignments")
local batches = require("lib.batches")
local events = require("lib.events")
local fail = require("lib.fail")
local totals = require("lib.totals")
local tx = require("lib.tx")

local id, metadata, priority, epoch = unpack(ARGV)
replies("assignment")
local t = tx.open()
local a = assignments.load(id)
if not a then
	fail("ASSIGNMENT_NOT_FOUND", "agent_id: there is no assignment of '" .. id .. "'")
elseif epoch ~= "" and epoch ~= a.epoch then
	fail("STALE_EPOCH", "epoch: the assignment's is " .. a.epoch)
end
local refused = a.batch and batches.refuse(a, nil)
if refused then
	fail(string.match(refused, "^(%S+) ?(.*)$"))
end
totals.fetch(t, "pending", "queued")
local event
if assignments.update(t, a, metadata ~= "" and metadata or nil, priority ~= "" and priority or nil) then
	event = events.add(t, "agent.changed", "agent_id", id, "node_id", a.node_id or "", "epoch", a.epoch)
end
tx.commit(t)
return { "ok", events.id(event), assignments.row(t, a, "") }
