#!lua
-- Task of the leader after Redis could not be reached, was restarted or had its clock set: gives every
-- node that is not offline a fresh heartbeat, some nodes per call. Suspect nodes stay suspect, but none
-- is declared offline before the time of a heartbeat has passed again. Stored times that are in the
-- future, because the clock was set back, are corrected.
-- ARGV: the leader's id, nonce, term; most (nodes per call); cursor ("" for the start).
-- Reply: {"ok", "", renewal row}.
-- Errors: NOT_LEADER.

local hold = require("lib.hold")
local keys = require("lib.keys")
local lease = require("lib.lease")
local liveness = require("lib.liveness")
local renewal_row = require("lib.rows.renewal")
local report_row = require("lib.rows.report")
local tx = require("lib.tx")

local id, nonce, term, most, cursor = unpack(ARGV)
replies("renewal")
lease.check(id, nonce, term)
local TTL = parts(report_row, "heartbeat_ttl_ms")
most = tonumber(most)
local t = tx.open()
local h = hold.load()
if cursor == "" then
	hold.settle(t, h)
end
local ids = redis.call("ZRANGEBYLEX", keys.nodes, cursor == "" and "-" or "(" .. cursor, "+",
	"LIMIT", 0, most)
local renewed = 0
for i = 1, #ids do
	local v = redis.call("HMGET", keys.node .. ids[i], "status", "suspect", "report")
	if v[1] and v[1] ~= "offline" then
		local ttl_ms = string.match(v[3], TTL)
		liveness.renew(t, ids[i], v[2] == "1", ttl_ms)
		if v[2] == "1" then
			hold.rest(t, h, t.now + ttl_ms)
		end
		renewed = renewed + 1
	elseif v[1] then
		liveness.hurry(t, ids[i])
	end
end
tx.commit(t)
return { "ok", "", renewal_row(tostring(renewed), #ids == most and ids[#ids] or "") }
