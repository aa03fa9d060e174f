#!lua
-- Releases many agents, each as agent_release would. The places that they leave go to the oldest
-- pending agents that fit.
-- ARGV: items, a line for each agent: agent_id, or agent_id and epoch, a tab between them; all ("1":
--   where one cannot be released, none is); idempotency keys whose replies hold no more, a line each.
-- Reply: {"ok", last event id or "", item, item, …} for the first ones: as many as those that wait can be
--   given in their stead, or all. An item is agent_release's reply as one
--   text, a tab between its elements, or "failed", "" and the error as it would be raised.
-- Errors: where all are to be released, those of agent_release.

local assignments = require("lib.assignments")
local chooser = require("lib.chooser")
local clock = require("lib.clock")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local settings = require("lib.settings").load()
local totals = require("lib.totals")

local lines, all, forgotten = unpack(ARGV)
local reply, released, seen = { "ok", "" }, {}, {}
assignments.begin(settings.strategy)
-- No more places than can be given to those that wait.
local most = all ~= "1" and totals.get("pending") > 0 and chooser.budget(settings, assignments.ROOM_MAX)
	or math.huge
for line in string.gmatch(lines, "[^\n]+") do
	local id, epoch = string.match(line, "^([^\t]*)\t?(.*)$")
	local a = not seen[id] and assignments.load_briefly(id)
	local failed
	if not a then
		failed = "ASSIGNMENT_NOT_FOUND agent_id: there is no assignment of '" .. id .. "'"
	elseif epoch ~= "" and epoch ~= a.epoch then
		failed = "STALE_EPOCH epoch: the assignment's is " .. a.epoch
	else
		seen[id] = true
		released[#released + 1] = { a = a, at = #reply + 1 }
	end
	if all == "1" and failed then
		fail(string.match(failed, "^(%S+) ?(.*)$"))
	end
	reply[#reply + 1] = failed and "failed\t\t" .. failed or ""
	if #released == most then
		break
	end
end

for key in string.gmatch(forgotten or "", "[^\n]+") do
	idempotency.forget(key)
end
for i = 1, #released do
	reply[2] = assignments.release(released[i].a)
	reply[released[i].at] = "deleted\t" .. reply[2]
end
assignments.room_made(settings, clock.now())
assignments.flush(settings)
return reply
