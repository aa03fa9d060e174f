#!lua flags=no-writes
-- The events after one that a follower has seen, oldest first.
-- ARGV: since, the id of that event ("": none, only report the end of the stream; "0-0": all events; "0":
--   all that are kept), most (1 to 1000 events).
-- Reply: {"ok", "", stream row, entry, entry, …}. An entry is as Redis returns it: {id, {name, value,
--   …}}. The standing is "lost" if `since` is not, or no longer, an entry of this stream, so that it is
--   unknown what came after it. The last id of an empty stream is "0-0".
-- Errors: INVALID_FIELD if since is not an id.

local fail = require("lib.fail")
local keys = require("lib.keys")
local stream_row = require("lib.rows.stream")

local NONE = "0-0"
local DIGITS_MAX = 19 -- of each half of an id: 64 bits

local since, most = unpack(ARGV)
replies("stream")
local from_start = since == "0"
local ms, seq = string.match(since, "^(%d+)%-(%d+)$")
if since ~= "" and not from_start and (not ms or #ms > DIGITS_MAX or #seq > DIGITS_MAX) then
	fail("INVALID_FIELD", "index: it is no event's")
end

-- True if the stream still has its very first entry.
local function is_whole()
	if redis.call("EXISTS", keys.events) == 0 then
		return true
	end
	local info = redis.call("XINFO", "STREAM", keys.events)
	local found = {}
	for i = 1, #info, 2 do
		found[info[i]] = info[i + 1]
	end
	return found["entries-added"] == found.length
end

local last = redis.call("XREVRANGE", keys.events, "+", "-", "COUNT", 1)[1]
last = last and last[1] or NONE
if since == "" or since == last or (from_start and last == NONE) then
	return { "ok", "", stream_row("known", last, keys.events) }
end
local known = from_start or since == NONE and is_whole()
	or since ~= NONE and #redis.call("XRANGE", keys.events, since, since) == 1
if not known then
	return { "ok", "", stream_row("lost", last, keys.events) }
end
return { "ok", "", stream_row("known", last, keys.events),
	unpack(redis.call("XRANGE", keys.events, from_start and "-" or "(" .. since, "+", "COUNT", most)) }
