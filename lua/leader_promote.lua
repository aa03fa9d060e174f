#!lua
-- Gives the lease to another candidate at once. The writes of the former leader are refused from then on.
-- ARGV: id of the candidate; and as lib/idempotency.lua takes them: key, request, keep_ms.
-- Reply: {"ok", event id, or "" if it leads already, leader row}.
-- Errors: IDEMPOTENCY_MISMATCH; NODE_NOT_FOUND; NOT_A_CANDIDATE if the node exists but has no coordinator
--   that may lead.

local events = require("lib.events")
local fail = require("lib.fail")
local idempotency = require("lib.idempotency")
local keys = require("lib.keys")
local leadership = require("lib.leadership")
local lease = require("lib.lease")
local tx = require("lib.tx")

local id, key, request, keep_ms = unpack(ARGV)
replies("leader")
local earlier = idempotency.replay(key, request)
if earlier then
	return earlier
end
local candidate = redis.call("HMGET", keys.candidate .. id, "nonce", "url", "lease_ms")
if not candidate[1] then
	if redis.call("EXISTS", keys.node .. id) == 0 then
		fail("NODE_NOT_FOUND", "node_id: there is no node '" .. id .. "'")
	end
	fail("NOT_A_CANDIDATE", "node_id: no coordinator that may lead runs for '" .. id .. "'")
end

local t, event = tx.open(), nil
local leader, held_by = lease.holder()
if leader ~= id or held_by ~= candidate[1] then
	local _
	_, event = leadership.elect(t, id, candidate[1], candidate[2], candidate[3])
end
tx.commit(t)
return idempotency.keep(key, request, keep_ms, { "ok", events.id(event), leadership.row() })
