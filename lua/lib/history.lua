-- Whether the latest writes may have been lost. A replica that takes over, and a Redis that starts with the
-- data on its disk, go on from what they have. Either gives itself another replication id, which names the
-- history of its data. The id of the last election is kept, so that a difference shows.

local keys = require("lib.keys")
local text = require("lib.text")
local writes = require("lib.writes")

local history = {}

local REPORT_MS = 60000 -- nodes have this long after an election to report what they have seen

local function present_id()
	return string.match(redis.call("INFO", "replication"), "master_replid:(%w+)") or ""
end

-- Notes the history at an election. had: the one at the election before; false for none.
-- rare: an election
function history.note(t, had)
	local id = present_id()
	writes.add(t, "HSET", keys.leader, "history", id)
	if had and had ~= id then
		writes.add(t, "HSET", keys.leader, "lost_until", text.int(t.now + REPORT_MS))
	end
end

-- True if tokens may have been given out that this Redis does not know: since the last election the history
-- is another one, or it became another one shortly before that.
-- rare: a node has seen a token that is not known here
function history.has_lost(t)
	local v = redis.call("HMGET", keys.leader, "term", "history", "lost_until")
	return v[1] ~= false and (v[2] ~= present_id() or t.now < tonumber(v[3] or 0))
end

return history
