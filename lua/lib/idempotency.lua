-- Idempotency keys: a client may send a request again if it does not know whether the first one arrived. The
-- reply to a request with a key is stored, and the same request gets it again instead of being carried out
-- twice. Errors are not stored: they have changed nothing, and the next try may succeed.
-- Operations take three arguments for this, the last ones, and all of them or none:
-- key        the client's Idempotency-Key
-- request    identifies the request: method, target and a digest of the body
-- keep_ms    for how long the reply is stored

local keys = require("lib.keys")
local fail = require("lib.fail")

local idempotency = {}

-- The stored reply for this key; nil if the request is to be carried out, or key is nil. Fails with
-- IDEMPOTENCY_MISMATCH if the key was used for another request.
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

-- Stores the reply, an array of strings, unless key is nil. Returns the reply.
function idempotency.keep(key, request, keep_ms, reply)
	if key then
		local id = keys.idempotency .. key
		redis.call("HSET", id, "request", request, "reply", cjson.encode(reply))
		redis.call("PEXPIRE", id, keep_ms)
	end
	return reply
end

-- Removes the stored reply for this key, because what it reports was undone.
function idempotency.forget(key)
	redis.call("DEL", keys.idempotency .. key)
end

return idempotency
