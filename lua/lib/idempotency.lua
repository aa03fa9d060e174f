-- Requests that a client may send again, not knowing whether the first one arrived: the reply to
-- one that has a key is kept beside what was asked, and given again instead of doing it twice.
-- Refusals are not kept: they have changed nothing, and the next try may succeed.

local keys = require("lib.keys")
local fail = require("lib.fail")

local idempotency = {}

-- The reply that was given to this key, or nil: the request is to be carried out. key: nil for
-- none. request: method, target and a digest of the body. Fails with IDEMPOTENCY_MISMATCH where the
-- key was used for another request.
function idempotency.replay(key, request)
	local kept = key and redis.call("HMGET", keys.idempotency .. key, "request", "reply")
	if not kept or not kept[1] then
		return nil
	end
	if kept[1] ~= request then
		fail("IDEMPOTENCY_MISMATCH", "Idempotency-Key: it was used for another request")
	end
	return cjson.decode(kept[2])
end

-- Keeps the reply, an array of strings and arrays of strings, for keep_ms. Returns it.
function idempotency.keep(key, request, keep_ms, reply)
	if key then
		local id = keys.idempotency .. key
		redis.call("HSET", id, "request", request, "reply", cjson.encode(reply))
		redis.call("PEXPIRE", id, keep_ms)
	end
	return reply
end

-- Has the reply to this key hold no more: what it tells of was undone.
function idempotency.forget(key)
	redis.call("DEL", keys.idempotency .. key)
end

return idempotency
