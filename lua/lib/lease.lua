-- The leader's lease: a string "<id> <nonce> <term>" that expires by itself.

local keys = require("lib.keys")
local fail = require("lib.fail")

local lease = {}

-- The holder of the lease: id, nonce and term, as texts; nil if nobody has it.
function lease.holder()
	local value = redis.call("GET", keys.lease)
	if not value then
		return nil
	end
	return string.match(value, "^(%S+) (%S+) (%S+)$")
end

-- Fails with NOT_LEADER unless exactly this holder has the lease. Each task of the leader calls this first,
-- so that a former leader that was stopped and continues writes nothing.
function lease.check(id, nonce, term)
	if redis.call("GET", keys.lease) ~= id .. " " .. nonce .. " " .. term then
		fail("NOT_LEADER", "the lease is not held by " .. id .. " in term " .. term)
	end
end

return lease
