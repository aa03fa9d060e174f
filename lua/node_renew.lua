#!lua
-- Duty of the leader after Redis could not be reached, was restarted or had its clock set: gives
-- every node that is not offline a fresh heartbeat, some at a time. A suspect stays one, but nobody
-- is declared offline until its heartbeat's life has passed again. Times that are in the future now,
-- as the clock was set back, are made good.
-- ARGV: leader id, nonce, term, most (nodes per call), cursor or "".
-- Reply: {"ok", "", renewed, next cursor or "" at the end}.
-- Errors: NOT_LEADER.

local clock = require("lib.clock")
local hold = require("lib.hold")
local keys = require("lib.keys")
local lease = require("lib.lease")
local liveness = require("lib.liveness")

lease.check(ARGV[1], ARGV[2], ARGV[3])
local most, cursor = tonumber(ARGV[4]), ARGV[5]
local now = clock.now()
local h = hold.load()
if cursor == "" then
	hold.settle(h, now)
end
local ids = redis.call("ZRANGEBYLEX", keys.nodes, cursor == "" and "-" or "(" .. cursor, "+",
	"LIMIT", 0, most)
local renewed = 0
for i = 1, #ids do
	local v = redis.call("HMGET", keys.node .. ids[i], "status", "suspect", "heartbeat_ttl_ms")
	if v[1] and v[1] ~= "offline" then
		liveness.renew(ids[i], v[2] == "1", now, v[3])
		if v[2] == "1" then
			hold.rest(h, now + v[3])
		end
		renewed = renewed + 1
	elseif v[1] then
		liveness.hurry(ids[i], now)
	end
end
return { "ok", "", tostring(renewed), #ids == most and ids[#ids] or "" }
