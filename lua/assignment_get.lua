#!lua flags=no-writes
-- One assignment with what a caller needs to reach its node. It is asked for more than anything
-- else, so it is in one piece.
-- ARGV: agent_id.
-- Reply: {"ok", "", assignment row}.
-- Errors: ASSIGNMENT_NOT_FOUND.

local assignment_row = require("lib.assignment_row")
local fail = require("lib.fail")
local keys = require("lib.keys")

local id = ARGV[1]
local v = redis.call("HMGET", keys.assignment .. id, "node_id", "epoch", "strategy", "assigned_at",
	"services", "metadata", "previous_node_id", "reason")
if not v[2] then
	return fail("ASSIGNMENT_NOT_FOUND", "agent_id: there is no assignment of '" .. id .. "'")
end
local node_id = v[1]
local node = node_id
	and redis.call("HMGET", keys.node .. node_id, "hostname", "ip_address", "port", "healthy") or {}
local healthy = node[4] == "1" and redis.call("EXISTS", keys.heartbeat .. node_id) == 1
return { "ok", "", assignment_row(id, node_id or "", node_id and "assigned" or "pending", v[2],
	v[5] or "", v[3], v[6] or "", v[4] or "", v[7] or "", v[8] or "requested", node[1] or "",
	node[2] or "", node[3] or "", healthy and "1" or "0") }
