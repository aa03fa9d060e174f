#!lua flags=no-writes
-- Assignments, each with the address and the health of its node.
-- ARGV: lines, one item for each agent.
-- Reply: {"ok", "", item, item, …}. An item's outcome is "ok" or "failed", with ASSIGNMENT_NOT_FOUND, or with
--   BATCH_RUNNING while a batch may take back what it has placed.

local address_row = require("lib.rows.address")
local assignment_row = require("lib.rows.assignment")
local batches = require("lib.batches")
local item_row = require("lib.rows.item")
local keys = require("lib.keys")
local pending = require("lib.pending")
local placed_row = require("lib.rows.placed")

local lines = unpack(ARGV)
replies({ "assignment" })
local ITEM = item("agent_id")

local REQUIRES = parts(placed_row, "requires")
local NO_ADDRESS = address_row("", "", "")
local reply, nodes = { "ok", "" }, {}
for id in string.gmatch(lines, ITEM) do
	local v = redis.call("HMGET", keys.assignment .. id, "node_id", "epoch", "placed", "services", "metadata",
		"previous_node_id", "reason", "batch")
	local node_id = v[1]
	local node = nodes[node_id]
	if node_id and not node then
		node = redis.call("HMGET", keys.node .. node_id, "address", "healthy")
		node[2] = node[2] == "1" and redis.call("EXISTS", keys.heartbeat .. node_id) == 1 and "1" or "0"
		nodes[node_id] = node
	end
	local undecided = v[8] and batches.refuse({ id = id, batch = v[8] })
	if undecided then
		reply[#reply + 1] = item_row("failed", "", undecided)
	elseif not v[2] then
		reply[#reply + 1] = item_row("failed", "",
			"ASSIGNMENT_NOT_FOUND agent_id: there is no assignment of '" .. id .. "'")
	elseif node_id then
		reply[#reply + 1] = item_row("ok", "", assignment_row(id, node_id, "assigned", v[2], v[4] or "", v[3],
			v[5] or "", v[6] or "", v[7] or "requested", "", "", "", node[1] or NO_ADDRESS, node[2], ""))
	else
		local since, position, reasons = pending.shown(id, v[4] or "", string.match(v[3], REQUIRES))
		reply[#reply + 1] = item_row("ok", "", assignment_row(id, "", "pending", v[2], v[4] or "", v[3],
			v[5] or "", v[6] or "", v[7] or "requested", since, position, reasons, NO_ADDRESS, "0", ""))
	end
end
return reply
