-- Replies of agent_assign.lua that are given again, for an Idempotency-Key that was used before.

local assignments = require("lib.assignments")
local batches = require("lib.batches")
local item_row = require("lib.rows.item")
local tx = require("lib.tx")

local replays = {}

-- Brings the items of agents that were queued up to date: such a client waits for a node. An agent that was
-- released since stays as it was. Returns the reply.
-- rare: an Idempotency-Key was used before
function replays.present(reply)
	local t
	for i = 3, #reply do
		local event, id = string.match(reply[i], "^pending\t([^\t]*)\t([^\t]*)")
		local a = id and assignments.load(id)
		if a then
			t = t or tx.open()
			local undecided = a.batch and batches.refuse(a)
			reply[i] = undecided and item_row("failed", "", undecided)
				or assignments.row(t, a, item_row(a.node_id and "exists" or "pending", event, ""))
		end
	end
	return reply
end

return replays
